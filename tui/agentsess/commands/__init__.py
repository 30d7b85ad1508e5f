"""What each scripting command does; `agentsess.cli` parses and calls them. None loads Textual."""
