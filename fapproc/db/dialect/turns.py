"""What is raised where another transaction writes, or a question takes too long: of any engine."""


class Taken(Exception):
    """A transaction could not begin, because another one writes."""


class TooLong(Exception):
    """A question took more time than it was given."""
