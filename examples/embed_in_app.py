"""Tieout inside another program: ask, read the answer, and see where each number comes from."""

import tieout

QUESTION = "How much memory do the weights of a 13B model need in FP16?"

with tieout.open_session(model="offline", ephemeral=True) as session:
    turn = session.ask_sync(QUESTION)
    print(turn.text)
    for mark in turn.marks:
        print(f"{turn.text[mark.start : mark.end]!r}: {mark.status} {mark.detail}")
