"""What we add to Rasa: sentence encoder, signals, entities, policy, channel, turn guard and stores."""
