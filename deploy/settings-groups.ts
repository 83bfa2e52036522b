import { serviceSettings } from '@murmuration/service'
import { settings as auditLog } from '../services/audit-log/src/config.ts'
import { settings as crmSync } from '../services/crm-sync/src/config.ts'
import { settings as ingress } from '../services/ingress/src/config.ts'
import { settings as mediaProcessor } from '../services/media-processor/src/config.ts'
import { schemaSettings, steeringSettings, topicSettings } from '../services/operator/src/config.ts'
import type { SettingsGroup } from './env-example.ts'

/** The settings of every program, in the order of `.env.example`. */
export const settingsGroups: readonly SettingsGroup[] = [
  { title: 'every service', settings: serviceSettings },
  { title: 'ingress', settings: ingress },
  { title: 'crm-sync', settings: crmSync },
  { title: 'media-processor', settings: mediaProcessor },
  { title: 'audit-log', settings: auditLog },
  { title: 'murmur topics', settings: topicSettings },
  { title: 'murmur schemas', settings: schemaSettings },
  { title: 'murmur parked, murmur letters', settings: steeringSettings },
]
