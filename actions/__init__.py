"""The assistant's custom actions, one module for each topic; no wording stands here.

What is said stands in data/responses (topic by topic) and in policy/locales (the disclosure). All of these names are declared
in domain.yml under `actions:`.

| module | actions | what they do |
|---|---|---|
| session_start | action_session_start | tells the customer that it is an AI, before anything else; remembers who and where she is |
| assess | action_assess, action_validate_slot_mappings | judge every message by the escalation policy; utter the offer of a person |
| handoff | action_handoff | says that a person takes over and ends what was going on |
| identity | action_identify, action_state_identity | how to sign in; that this is an AI, in the customer's language |
| accounts | action_show_balance, action_list_transactions, action_explain_fee, action_refund_status | money in the accounts |
| declined | action_explain_declined_payment | why a card payment was declined, and what to do |
| cards | action_list_cards, action_unfreeze_card, action_card_arrival, action_check_limits | the customer's cards |
| block_card | action_ask_block_card_form_card_choice, action_ask_block_card_form_confirm_block, validate_block_card_form, action_block_card | stops a card, for now or for good |
| transfers | validate_transfer_status_form, action_transfer_status, action_list_regular_payments | where a transfer is |
| branches | action_branch_hours | opening hours of a branch, and whether it is open now |
| exchange | action_exchange_rate | the bank's exchange rates |
"""  # noqa: E501 # a table's row cannot be broken

from __future__ import annotations
