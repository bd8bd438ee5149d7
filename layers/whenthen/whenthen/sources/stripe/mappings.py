"""Map Stripe's webhooks, as an admin would write it.

Stripe's own event id (`evt_…`) identifies each event: retries repeat it, though not always every byte of the body.
Amounts are in units of their currency (12.50), not in Stripe's smallest ones (1250). Stripe promises no order, so the
time is Stripe's. A customer has the identity `stripe#cus_…` besides phone and e-mail.
"""

from __future__ import annotations

from typing import Any

_OBJECT = "body.data.object"

_INVOICE = (
    "{stripe_id: id, number: number, status: status, currency: currency, amount: major_units(amount_due, currency),"
    " amount_paid: major_units(amount_paid, currency), due_at: due_date, url: hosted_invoice_url,"
    " attempt_count: attempt_count, customer: customer}"
)
_PAYMENT = (
    "{stripe_id: id, status: status, currency: currency, amount: major_units(amount, currency),"
    " description: description, reason: last_payment_error.message, reason_code: last_payment_error.code,"
    " customer: customer, metadata: metadata}"
)
_REFUND = (
    "{stripe_id: id, payment: payment_intent, currency: currency, amount: major_units(amount, currency),"
    " amount_refunded: major_units(amount_refunded, currency), customer: customer, metadata: metadata}"
)
_QUOTE = (
    "{stripe_id: id, number: number, status: status, currency: currency, amount: major_units(amount_total, currency),"
    " invoice: invoice, customer: customer, metadata: metadata}"
)
_CHECKOUT = (
    "{stripe_id: id, status: payment_status, currency: currency, amount: major_units(amount_total, currency),"
    " reference: client_reference_id, customer: customer, metadata: metadata}"
)
_CUSTOMER = "{stripe_id: id, full_name: name, email: email, phone: phone, metadata: metadata}"

_BUYER = "{stripe: customer, email: customer_email, phone: customer_phone}"
_PAYER = "{stripe: customer, email: receipt_email}"
_CHARGED = "{stripe: customer, email: receipt_email || billing_details.email, phone: billing_details.phone}"
_QUOTED = "{stripe: customer}"
_CHECKED_OUT = "{stripe: customer, email: customer_details.email, phone: customer_details.phone}"
_THEMSELVES = "{stripe: id, email: email, phone: phone}"

EVENTS: list[tuple[str, str, str, str]] = [
    # Stripe's type, our type, identities, data
    ("invoice.created", "invoice.created", _BUYER, _INVOICE),
    ("invoice.paid", "invoice.paid", _BUYER, _INVOICE),
    ("invoice.payment_failed", "invoice.payment_failed", _BUYER, _INVOICE),
    ("invoice.voided", "invoice.cancelled", _BUYER, _INVOICE),
    ("payment_intent.succeeded", "payment.received", _PAYER, _PAYMENT),
    ("payment_intent.payment_failed", "payment.failed", _PAYER, _PAYMENT),
    ("charge.refunded", "payment.refunded", _CHARGED, _REFUND),
    ("quote.accepted", "quote.signed", _QUOTED, _QUOTE),
    ("quote.canceled", "quote.cancelled", _QUOTED, _QUOTE),
    ("checkout.session.completed", "checkout.completed", _CHECKED_OUT, _CHECKOUT),
    ("customer.created", "customer.created", _THEMSELVES, _CUSTOMER),
    ("customer.updated", "customer.updated", _THEMSELVES, _CUSTOMER),
]

_CONTACT = {"kind": "contact", "fields": f"{_OBJECT}.{{full_name: name, email: email, phone: phone}}"}
_OTHERWISE = {
    "type": "webhook.received",
    "id": "body.id",
    "time": "body.created",
    "data": "{source: source, body: body}",
}

MAPPINGS: list[dict[str, Any]] = [
    {
        "when": f"body.type == '{theirs}'",
        "type": ours,
        "id": "body.id",
        "time": "body.created",
        "identities": f"{_OBJECT}.{who}",
        "data": f"{_OBJECT}.{what}",
        "record": _CONTACT if what is _CUSTOMER else None,
    }
    for theirs, ours, who, what in EVENTS
] + [_OTHERWISE]
"""A customer of Stripe becomes a contact too; no other event of Stripe changes a record by itself."""
