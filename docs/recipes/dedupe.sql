-- One row per fact: the newest revision of each eventId. Run on DuckDB.
--
-- Input: `events`, the records of one topic with their Kafka offset. Exact repeats (same eventId, same contentHash) and
-- older revisions (same eventId, other contentHash) go. The copies of an event have one key, so they lie in one
-- partition, and the offset tells which of them came last.
SELECT *
FROM events
QUALIFY row_number() OVER (PARTITION BY "eventId" ORDER BY "occurredAt" DESC, "offset" DESC) = 1
