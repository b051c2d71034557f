/**
 * SQL that promises to publish what follows from rows, in the transaction that changes them; no row, no promise. The
 * scheduler keeps it when nobody else has within 10 s, or at once for a caller that will not.
 * @param rows what follows FROM: a relation with a column `id`, and perhaps a condition
 * @param id SQL of the promise's id
 */
export function promise(rows: string, id: string, keptBy: 'caller' | 'scheduler'): string {
  const [column, value] = keptBy === 'caller' ? ['', ''] : [', relay_after', ', now()'];
  return `INSERT INTO outbox (id, notification_ids${column})
    SELECT ${id}, array_agg(id)${value} FROM ${rows} HAVING count(*) > 0`;
}

/** SQL that drops promises which were kept. Who relays one at this moment drops it itself. */
export function dropPromises(idsParameter: string): string {
  return `DELETE FROM outbox WHERE id IN
    (SELECT id FROM outbox WHERE id = ANY (${idsParameter}::uuid[]) FOR UPDATE SKIP LOCKED)`;
}
