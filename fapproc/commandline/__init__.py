"""What the commands of `fapproc` and those of the programs share: options, progress, words.

A command parses, calls one job and prints; what several of them parse or print alike is here.
"""
