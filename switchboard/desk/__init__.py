"""The desk: the people who take over, their queue, their presence and what they can do."""
