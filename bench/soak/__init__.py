"""Hours of steady load: does memory, lag or the database grow as it must not, and does any log complain?"""
