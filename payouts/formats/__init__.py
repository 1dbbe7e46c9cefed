"""Files for banks and for people: payment orders going out, bank statements coming in. Plain values only; no database.

How each file carries the identity of a payout's line to the bank and back:

* pain.001: `EndToEndId` is the line's id, 32 hex digits; `MsgId` and `PmtInfId` are the batch's. Banks return all of it in camt.053.
* 1CClientBankExchange has no field for it. The purpose of payment begins with a tag (`orders.tag`), which banks repeat in their
  statements and quote in returns; and `Номер`, amount and the payee's account are the payment order's own.
* CSV, XLSX and JSONL are for people and our own machines: the line's id is a column of its own.
"""
