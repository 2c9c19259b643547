"""The Security Token Service: where MiniStack gives what AWS refuses."""
