-- One row per fact: the newest revision of each eventId. Run on DuckDB.
--
-- Input: `events`, the records of one topic with their Kafka offset. Exact repeats (same eventId, same contentHash) and
-- older revisions (same eventId, other contentHash) go. The copies of an event have one key, so they lie in one
-- partition, and the offset tells which of them came last. Only where two sources name a contact differently, one by its
-- id and one by an identifier, do copies lie apart; the newest occurredAt wins there, and a tie is broken alike each time.
SELECT *
FROM events
QUALIFY row_number() OVER (PARTITION BY "eventId" ORDER BY "occurredAt" DESC, "offset" DESC, "partition") = 1
