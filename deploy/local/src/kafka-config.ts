/**
 * Settings of the one broker, which is its own controller. Everything listens on 127.0.0.1.
 *
 * @param input.port           for clients
 * @param input.controllerPort for the broker's own controller; may differ from start to start
 * @param input.logDir         folder of the records, seen from the broker's working folder: a comma in the full path would split it
 */
export function toServerProperties(input: {
  readonly port: number
  readonly controllerPort: number
  readonly logDir: string
}): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${input.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${input.port},CONTROLLER://127.0.0.1:${input.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${input.port}`,
    'log.dirs': input.logDir,

    // One node: every internal topic has one copy, and few partitions start and recover faster.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 4,

    // Topics come from the topology table; a misspelt name must fail.
    'auto.create.topics.enable': false,
    // The broker would wait 3 s for more members of a new group.
    'group.initial.rebalance.delay.ms': 0,
    // After a SIGKILL the controller still counts the broker's last session as alive, and lets the new one serve only
    // when that has run out. The default is 9 s.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // The default of 128 MB is allocated at start.
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}

/** Warnings and errors to the output, which goes to the part's log file. */
export const LOG4J2_XML = `<Configuration status="ERROR">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`
