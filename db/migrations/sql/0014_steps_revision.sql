-- Two people may write one sequence's steps: whoever replaces them all says which ones it has read.
ALTER TABLE sequences ADD COLUMN steps_revision integer NOT NULL DEFAULT 0;
