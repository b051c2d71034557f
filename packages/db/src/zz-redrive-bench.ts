import { freshDatabase } from '@fanfare/testkit';
import { connectDatabase, migrate, redriveDeadLetters, previewRedrive, countOpenDeadLetters, listDeadLetters, purgeDeadLetters } from './index.ts';
const d = await freshDatabase(); await migrate(d.url);
const db = connectDatabase({ url: d.url, connectionsMax: 1 });
const ALL = { channel: null, reason: null, after: null, before: null };
const t = async (n: string, f: () => Promise<any>) => { const s = performance.now(); const r = await f(); console.log(n, (performance.now() - s).toFixed(0), 'ms', JSON.stringify(r).slice(0, 120)); };
await redriveDeadLetters(db, ALL, 1); await previewRedrive(db, ALL); await countOpenDeadLetters(db, ALL); await listDeadLetters(db, { ...ALL, state: null }, { limit: 1, after: null });
const N = Number(process.argv[2] ?? 100000);
await db.query({ name: '', text: `WITH ids AS (SELECT gen_random_uuid() AS id, g FROM generate_series(1, ${N}) g), a AS (
 INSERT INTO deliveries (id, digest, channel, priority, state, max_attempts, delivery_mode, accepted_at, at, reason, dead_letter_reason) SELECT id, '', 'sms','normal','failed',5,'at_least_once',now(),now(),'x','rejected' FROM ids),
 b AS (INSERT INTO dead_letters (log_partition, log_offset, notification_id, channel, reason, message, created_at) SELECT 0, g, id, 'sms', 'rejected', 'HTTP 400 something', now() - g * interval '1 ms' FROM ids)
 INSERT INTO notifications (id, channel, recipient, content, priority, max_attempts, delivery_mode, created_at, updated_at, status, version) SELECT id, 'sms', '+12', repeat('x', 100), 'normal', 5, 'at_least_once', now(), now(), 'failed', 900006 FROM ids` }, []);
await t('preview', () => previewRedrive(db, ALL));
await t('count', () => countOpenDeadLetters(db, ALL));
await t('list', () => listDeadLetters(db, { ...ALL, state: null }, { limit: 50, after: null }));
await t('list none', () => listDeadLetters(db, { ...ALL, state: 'redriven' }, { limit: 50, after: null }));
for (let i = 0; i < 4; i++) await t('redrive 500', () => redriveDeadLetters(db, ALL, 500));
await t('redrive 9500', async () => { for (let i = 0; i < 19; i++) { await redriveDeadLetters(db, ALL, 500); } return 0; });
await t('count', () => countOpenDeadLetters(db, ALL));
await t('purge 1000', () => purgeDeadLetters(db, { ...ALL, state: null }, 1000));
await db.close(); await d.drop();
