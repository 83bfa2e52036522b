import type { ConfigOf, Settings } from '@murmuration/config'
import type { CrmAdapter } from '../crm-adapter.ts'
import { createPostgresAdapter } from './postgres/index.ts'
import { postgresSettings } from './postgres/settings.ts'

/** What every adapter gets besides its settings. */
export interface AdapterDeps {
  /** Name of this replica, for the sink's own logs and session lists. */
  readonly clientId: string
  /** Told of trouble that no event is waiting for, such as an idle connection that died: log it. */
  readonly onError: (error: unknown) => void
}

/** Settings of all adapters. One that only your adapter needs has a default, so that the others start without it. */
export const adapterSettings = { ...postgresSettings } as const satisfies Settings

type CreateAdapter = (config: ConfigOf<typeof adapterSettings>, deps: AdapterDeps) => CrmAdapter

/** Adapters by the word that CRM_ADAPTER names them with. */
export const adapters = {
  postgres: createPostgresAdapter,
} as const satisfies Record<string, CreateAdapter>

export type AdapterName = keyof typeof adapters

export const adapterNames = Object.keys(adapters) as [AdapterName, ...AdapterName[]]
