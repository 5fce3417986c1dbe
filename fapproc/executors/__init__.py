"""Who runs tasks, apart from what these are. Nothing here knows pictures, archives or the site.

`outcomes` is what comes of a task, and what every executor can do; `local` runs tasks in processes
of this computer, with limits that `machine` chooses. A new executor is a new module here.
"""
