import type { BrokerHandle } from './kafkajs-requests.ts'

/** The broker that keeps a group, as long as it is known. */
export interface CoordinatorLink {
  /** Finds it when it is not known; who asks meanwhile shares the search. @throws the client's own errors */
  coordinator(): Promise<BrokerHandle>
  /** It has not answered, or is another one now. */
  forget(): void
}

/** Creates a link to a coordinator that is not known yet. */
export function createCoordinatorLink(find: () => Promise<BrokerHandle>): CoordinatorLink {
  let known: Promise<BrokerHandle> | undefined
  return {
    coordinator() {
      if (known !== undefined) return known
      const search = find()
      known = search
      search.catch(() => {
        if (known === search) known = undefined
      })
      return search
    },
    forget() {
      known = undefined
    },
  }
}
