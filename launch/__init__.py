"""Sets up both environments, builds, trains, starts and watches the three processes, and runs every test.

The modules that are needed before any environment exists (`__main__`, `cli`, `failure`, `layout`, `digest`, `groups`,
`interpreters`, `environments`, `ports`, `settings`) use the standard library only, on Python 3.10 or later.
"""
