"""Long-running work and other rows that move from state to state.

turns     who does the next step of a row: one worker at a time, however often a task is delivered
shares    how many of a worker's threads work for the same AWS account
state     a state, a table of allowed moves, and the one function that makes them
steps     short steps that re-enqueue themselves until the work is done
"""
