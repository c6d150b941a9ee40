"""Where customers come from. Nothing past a channel knows its platform."""
