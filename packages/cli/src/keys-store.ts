import { connectDatabase, createApiKey, DatabaseAway, listApiKeys, revokeApiKey } from '@fanfare/db';
import { CommandFailed } from './command.ts';

export type KeyStore = ReturnType<typeof openKeyStore>;

/** The keys in Postgres. Every call throws CommandFailed when that does not answer. */
export function openKeyStore(url: string) {
  const db = connectDatabase({ url, connectionsMax: 1 });
  return {
    create: (key: Parameters<typeof createApiKey>[1]) => asked(createApiKey(db, key)),
    list: () => asked(listApiKeys(db)),
    revoke: (id: string) => asked(revokeApiKey(db, id)),
    close: () => db.close(),
  };
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    if (!(error instanceof DatabaseAway)) throw error;
    throw new CommandFailed(`Postgres cannot be asked: ${error.message}. DATABASE_URL says where it is.`);
  });
}
