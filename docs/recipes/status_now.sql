-- Where each message stands. Bird promises no order, so the furthest step wins, not the last; a failure hides every
-- success, and of two failures the later is shown. crm-sync shows the same.
--
-- Input: `statuses`, the records of bird.message-statuses.v1, repeats or not.
SELECT "workspaceId", "messageId", "status", "occurredAt", "failureCode", "failureSourceCode"
FROM statuses
QUALIFY row_number() OVER (
    PARTITION BY "workspaceId", "messageId"
    ORDER BY
      CASE "status"
        WHEN 'delivery_failed' THEN 6
        WHEN 'sending_failed' THEN 6
        WHEN 'read' THEN 5
        WHEN 'delivered' THEN 4
        WHEN 'sent' THEN 3
        WHEN 'processing' THEN 2
        WHEN 'accepted' THEN 1
        ELSE 0 -- an open set: what we don't know never hides what we know
      END DESC,
      "occurredAt" DESC,
      "eventId" DESC,
      "contentHash" DESC
  ) = 1
