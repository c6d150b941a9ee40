"""The assistant's custom actions, one module for each topic; no wording stands here.

What is said stands in data/responses (topic by topic) and in policy/locales (the disclosure). All of these names are declared
in domain.yml under `actions:`.

| module | actions | what they do |
|---|---|---|
| session_start | action_session_start | tells the customer that it is an AI, before anything else; remembers who and where she is |
| assess | action_assess, action_validate_slot_mappings | judge every message by the escalation policy; utter the offer of a person |
| handoff | action_handoff | says that a person takes over and ends what was going on |
| identity | action_identify, action_state_identity | how to sign in; that this is an AI, in the customer's language |
| language | action_change_language | goes on in another language |
| accounts | action_show_balance, action_list_transactions, action_explain_fee, action_refund_status | money in the accounts |
| declined | action_explain_declined_payment | why a card payment was declined, and what to do |
| cards | action_list_cards, action_unfreeze_card, action_card_arrival, action_check_limits | the customer's cards |
| block_card | action_block_card | stops a card, for now or for good |
| transfers | action_transfer_status, action_list_regular_payments | where a transfer is |
| transfer_answers | action_failed_transfer, action_transfer_limits | why a transfer failed; how much may be sent |
| own_account | action_account_details, action_incoming_payment, action_pending_payments | own numbers; money coming in or pending |
| standing_orders | action_change_standing_order | sets up, changes or stops a standing order |
| direct_debits | action_cancel_direct_debit | cancels a direct debit |
| replacement_card | action_order_replacement_card | orders a new card in place of a worn one |
| card_limits | action_change_card_limit | changes a card's limit |
| statements | action_order_statement | orders a statement |
| details | action_change_details | changes address, phone or email |
| disputes | action_open_dispute | opens a case about a merchant's wrong charge |
| cash_claims | action_claim_cash | claims money that a cash machine kept |
| appointments | action_book_appointment | books an appointment |
| several | action_answer_each, action_hold_topic, action_follow_up, action_leave_form | several things at once, follow-ups, leaving a form |
| branches | action_branch_hours | opening hours of a branch, and whether it is open now |
| exchange | action_exchange_rate | the bank's exchange rates |

The forms share `forms/`: table.py lists them all, and every form has its validate_<form> and a question for each slot beside the
action above that ends it; block_card and transfers write theirs themselves, the others are made of a `Flow`.
"""  # noqa: E501 # a table's row cannot be broken

from __future__ import annotations
