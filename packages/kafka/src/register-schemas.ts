import { connectRegistry } from './registry.ts';

/**
 * Makes the registry know the schemas. Compatibility FULL_TRANSITIVE is set for each subject, before its first
 * schema: readers and writers of every version live side by side.
 *
 * @throws SchemaRefused with the registry's reason when a schema breaks it
 * @throws RegistryAway
 */
export async function registerSchemas(options: {
  url: string;
  subjects: readonly { subject: string; schema: string }[];
}): Promise<void> {
  const registry = connectRegistry(options.url);
  for (const { subject, schema } of options.subjects) {
    await registry.setCompatibility(subject, 'FULL_TRANSITIVE');
    await registry.register(subject, schema);
  }
}
