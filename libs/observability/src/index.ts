export { createLogger, type LogFields, type Logger, silentLogger } from './logger.ts'
export { type MetricName, metricTable } from './metric-table.ts'
export { createMetrics, type Metrics } from './metrics.ts'
