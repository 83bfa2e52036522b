export { type AdminServer, startAdminServer } from './admin-server.ts'
export { checkReadiness, type HealthCheck, type Readiness } from './health.ts'
export {
  type RunningService,
  runService,
  type ServiceContext,
  type ServiceDefinition,
  serviceSettings,
} from './run-service.ts'
