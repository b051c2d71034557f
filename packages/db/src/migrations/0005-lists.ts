import type { Knex } from 'knex';

/** How old a notification is when `status_lists` has to have it whatever its status. */
export const LISTED_AFTER = `interval '20 seconds'`;

/** What lists of notifications are read from, and the key that their cursors are signed with. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(INDEXES);
  await knex.raw(STATUS_LISTS);
  await knex.raw(TRIGGERS);
  await knex.raw(BACKFILL);
  await knex.raw(CURSOR_KEY);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TABLE cursor_keys;
    DROP TRIGGER list_status ON notifications;
    DROP TRIGGER unlist_status ON notifications;
    DROP FUNCTION list_status, unlist_status;
    DROP TABLE status_lists_swept, status_lists;
    DROP INDEX notifications_template, notifications_correlation, notifications_lane`);
}

// None holds a column that changes, so that updates stay in place. Each grows at a few places only: of a channel and
// priority, of a template, and of a correlation id that was made here, new rows come last.
const INDEXES = `
  CREATE INDEX notifications_lane ON notifications (channel, priority, created_at, id);
  CREATE INDEX notifications_correlation ON notifications (correlation_id, channel, created_at, id)
    WHERE correlation_id IS NOT NULL;
  CREATE INDEX notifications_template ON notifications (template_id, channel, created_at, id)
    WHERE template_id IS NOT NULL;
`;

// An index on \`notifications.status\` would end updates in place: each change of a status would write an entry into every
// index of the table. So the few notifications that are not delivered at once have their status indexed in a table of
// their own. A row of it is there for each notification that retries or has ended otherwise than delivered, at once;
// and for each one that is open when it is 20 s old, of whatever status it has from then on. Those that are younger
// are few enough to be read one by one. What is delivered in time never comes here.
const STATUS_LISTS = `
  CREATE TABLE status_lists (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    channel text NOT NULL,
    priority text NOT NULL,
    created_at timestamptz NOT NULL
  );
  CREATE INDEX status_lists_in_order ON status_lists (status, channel, priority, created_at, id);
  -- Open notifications that were created before this moment have been put there.
  CREATE TABLE status_lists_swept (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    until timestamptz NOT NULL
  );
`;

// A trigger, so that no statement which shows a state can forget it. Whoever writes a row of status_lists holds the
// lock of the notification's row, and the age is taken from the clock under that lock: so of an update and the
// sweep that meet at the age limit, the later one writes what is true.
const TRIGGERS = `
  CREATE FUNCTION list_status() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO status_lists (id, status, channel, priority, created_at)
    VALUES (NEW.id, NEW.status, NEW.channel, NEW.priority, NEW.created_at)
    ON CONFLICT (id) DO UPDATE SET status = excluded.status;
    RETURN NULL;
  END $$;
  CREATE TRIGGER list_status AFTER UPDATE ON notifications FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND (
      NEW.status IN ('retrying', 'failed', 'cancelled', 'expired')
      -- The first attempt under way is version 12: what comes from beyond it may be listed already.
      OR OLD.version > 12
      OR NEW.created_at < clock_timestamp() - ${LISTED_AFTER}))
    EXECUTE FUNCTION list_status();
  CREATE FUNCTION unlist_status() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM status_lists s USING gone WHERE s.id = gone.id;
    RETURN NULL;
  END $$;
  CREATE TRIGGER unlist_status AFTER DELETE ON notifications
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION unlist_status();
`;

// The triggers keep every writer out until this is committed.
const BACKFILL = `
  INSERT INTO status_lists_swept (until) SELECT now() - ${LISTED_AFTER};
  INSERT INTO status_lists (id, status, channel, priority, created_at)
  SELECT n.id, n.status, n.channel, n.priority, n.created_at FROM notifications n, status_lists_swept
  WHERE n.status <> 'delivered'
    AND (n.created_at < until OR n.status IN ('retrying', 'failed', 'cancelled', 'expired'));
`;

// 244 random bits, the same for every process that reads this database.
const CURSOR_KEY = `
  CREATE TABLE cursor_keys (key bytea NOT NULL);
  INSERT INTO cursor_keys
  SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid(), '-', ''), 'hex');
`;
