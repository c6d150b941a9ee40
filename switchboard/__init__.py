"""The switchboard: owns every session, its transcript and record, the queue and the desk. Never imports Rasa."""
