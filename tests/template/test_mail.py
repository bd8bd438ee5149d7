"""Mail and its bucket: static facts, of which the emulator knows none but the notification."""

from __future__ import annotations

from tests.template.reading import properties, statements, template, text, texts


def test_the_bucket_is_closed_encrypted_and_forgets() -> None:
    found = properties("Bucket")
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    rules = {rule.get("Prefix"): text(rule["ExpirationInDays"]) for rule in found["LifecycleConfiguration"]["Rules"]}
    assert rules == {None: "${RetentionDays}", "imports/": "7"}
    assert {rule["Status"] for rule in found["LifecycleConfiguration"]["Rules"]} == {"Enabled"}


def test_production_keeps_its_bucket_and_a_failed_creation_leaves_none() -> None:
    """The bucket has a name of its own: left behind, it would keep the next attempt from being made."""
    entry = template()["Resources"]["Bucket"]
    assert entry["DeletionPolicy"] == {"Fn::If": ["KeepsData", "RetainExceptOnCreate", "Delete"]}
    assert entry["UpdateReplacePolicy"] == {"Fn::If": ["KeepsData", "Retain", "Delete"]}


def test_new_mail_alone_is_told_of() -> None:
    (told,) = properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert (told["Event"], text(told["Queue"])) == ("s3:ObjectCreated:*", "${MailQueue.Arn}")
    # Attachments are written to the same bucket: told of them, the function would call itself.
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "inbound/"}]


def test_on_aws_the_bucket_is_reached_encrypted_and_ses_may_add_mail_and_nothing_else() -> None:
    assert template()["Resources"]["BucketPolicy"]["Condition"] == "IsDeployed"
    denied, allowed = properties("BucketPolicy")["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert texts(denied["Resource"]) == ["${Bucket.Arn}", "${Bucket.Arn}/*"]
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert (allowed["Action"], text(allowed["Resource"])) == ("s3:PutObject", "${Bucket.Arn}/inbound/*")
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "receipt-rule-set/${AWS::StackName}:" in text(allowed["Condition"]["ArnLike"]["aws:SourceArn"])


def test_mail_is_received_where_a_domain_is_named_scanned_and_stored() -> None:
    assert template()["Parameters"]["MailDomain"]["Default"] == ""
    for name in ("MailRules", "MailRule"):
        assert template()["Resources"][name]["Condition"] == "ReceivesMail"
    rule = properties("MailRule")["Rule"]
    assert (rule["Enabled"], rule["ScanEnabled"]) == (True, True)
    assert texts(rule["Recipients"]) == ["${MailDomain}"]
    (action,) = rule["Actions"]
    assert text(action["S3Action"]["BucketName"]) == "${Bucket}"
    assert action["S3Action"]["ObjectKeyPrefix"] == "inbound/"


def test_mail_is_sent_from_the_configured_addresses_and_no_other() -> None:
    assert template()["Parameters"]["MailSenders"]["Default"] == ""
    (statement,) = [statement for statement in statements("SendEmail") if "ses:SendRawEmail" in statement["Action"]]
    assert statement["Action"] == ["ses:SendRawEmail"]
    condition, _, deployed = statement["Condition"]["Fn::If"]
    assert condition == "IsLocal"
    (allowed,) = deployed["StringEqualsIgnoreCase"].values()
    separator, joined = allowed["Fn::Split"]
    assert (separator, text(joined)) == (",", "${MailFrom},${MailSenders}")


def test_ses_reports_on_mail_of_this_stack_and_of_no_other() -> None:
    destination = properties("MailReportDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) >= {"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"}
    assert text(destination["EventBridgeDestination"]["EventBusArn"]).endswith(":event-bus/default")
    rule = properties("MailReportRule")
    assert "EventBusName" not in rule, "SES reports to the default bus"
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.ses"]
    assert texts(pattern["detail"]["mail"]["tags"]["ses:configuration-set"]) == [
        text(properties("MailReports")["Name"])
    ]
