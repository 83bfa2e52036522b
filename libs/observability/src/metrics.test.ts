import { describe, expect, it } from 'vitest'
import { metricTable } from './metric-table.ts'
import { createMetrics } from './metrics.ts'

const rows = Object.entries(metricTable)

describe('the table of metrics', () => {
  it.each(rows)('names %s as Prometheus wants it, with our prefix and its unit', (name, row) => {
    expect(name).toMatch(/^murmuration_[a-z][a-z0-9_]*$/)
    expect(name.endsWith('_total')).toBe(row.type === 'counter')
    if (row.type === 'histogram') expect(name).toMatch(/_seconds$/)
    expect(name.endsWith('_seconds') && row.type === 'counter').toBe(false)
    expect(row.help).toMatch(/\.$/)
    for (const label of row.labels) expect(label).toMatch(/^[a-z][a-z0-9_]*$/)
    expect(row.labels).not.toContain('le')
  })

  it('has histograms whose bounds rise', () => {
    for (const [, row] of rows) {
      if (row.type !== 'histogram') continue
      expect([...row.buckets].sort((a, b) => a - b)).toEqual([...row.buckets])
    }
  })
})

describe('createMetrics', () => {
  it('shows what was counted, set and observed, by label', async () => {
    const metrics = createMetrics({ process: 'omit' })
    metrics.count('murmuration_publisher_requests_total', { result: 'acknowledged' })
    metrics.count('murmuration_publisher_requests_total', { result: 'acknowledged' }, 2)
    metrics.count('murmuration_publisher_requests_total', { result: 'failed' })
    metrics.set('murmuration_publisher_queue_records', {}, 7)
    metrics.set('murmuration_publisher_queue_records', {}, 4)
    metrics.observe('murmuration_ingress_answer_seconds', { source: 'main' }, 0.02)
    const { text, contentType } = await metrics.expose()
    expect(contentType).toContain('text/plain')
    expect(text).toContain('murmuration_publisher_requests_total{result="acknowledged"} 3')
    expect(text).toContain('murmuration_publisher_requests_total{result="failed"} 1')
    expect(text).toContain('murmuration_publisher_queue_records 4')
    expect(text).toContain('murmuration_ingress_answer_seconds_bucket{le="0.01",source="main"} 0')
    expect(text).toContain('murmuration_ingress_answer_seconds_bucket{le="0.025",source="main"} 1')
    expect(text).toContain('murmuration_ingress_answer_seconds_sum{source="main"} 0.02')
  })

  it('tells every metric of the table from the start, with its help and type', async () => {
    const { text } = await createMetrics({ process: 'omit' }).expose()
    for (const [name, row] of rows) {
      expect(text).toContain(`# HELP ${name} ${row.help}`)
      expect(text).toContain(`# TYPE ${name} ${row.type}`)
    }
  })

  it('keeps two processes worth of metrics apart, and adds those of Node only when asked', async () => {
    const [first, second] = [createMetrics({ process: 'omit' }), createMetrics({ process: 'include' })]
    first.count('murmuration_media_bytes_total', {}, 10)
    expect((await first.expose()).text).toContain('murmuration_media_bytes_total 10')
    expect((await first.expose()).text).not.toContain('process_cpu')
    expect((await second.expose()).text).toContain('murmuration_media_bytes_total 0')
    expect((await second.expose()).text).toContain('process_cpu')
  })
})
