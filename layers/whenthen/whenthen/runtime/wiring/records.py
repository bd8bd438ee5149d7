"""Wire the use cases of records and imports."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.adapters import Adapters
from whenthen.runtime.wiring.fresh import fresh

if TYPE_CHECKING:
    from whenthen.usecases.records.delete_record import DeleteRecord
    from whenthen.usecases.records.find_records import FindRecords
    from whenthen.usecases.records.import_records import ImportRecords
    from whenthen.usecases.records.merge_records import MergeRecords
    from whenthen.usecases.records.save_record import SaveRecord


class RecordsWiring(Adapters):
    """Make each use case when it is first used; those that know the installation's country, for each call."""

    @fresh
    def save_record(self) -> SaveRecord:
        """Make it anew for each call: the country of the installation may have been set meanwhile."""
        from whenthen.usecases.records.save_record import SaveRecord

        return SaveRecord(self.records, self.clock, self.country)

    @cached_property
    def save_told_record(self) -> SaveRecord:
        """Make the one for those who read no settings: sources name their country, and receivers whole numbers."""
        from whenthen.usecases.records.save_record import SaveRecord

        return SaveRecord(self.records, self.clock, self.settings.default_country)

    @cached_property
    def delete_record(self) -> DeleteRecord:
        from whenthen.usecases.records.delete_record import DeleteRecord

        return DeleteRecord(self.records)

    @fresh
    def find_records(self) -> FindRecords:
        from whenthen.usecases.records.find_records import FindRecords

        return FindRecords(self.records, self.country)

    @cached_property
    def merge_records(self) -> MergeRecords:
        from whenthen.usecases.records.merge_records import MergeRecords

        return MergeRecords(self.records, self.clock)

    @cached_property
    def import_records(self) -> ImportRecords:
        from whenthen.usecases.records.import_records import ImportRecords

        country = self.settings.default_country
        return ImportRecords(self.imports, self.import_files, self.records, self.bus, self.clock, country)
