"""HTML of messages: changing tags, tracking, removing code, conversion to text."""
