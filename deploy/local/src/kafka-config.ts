/** Broker settings by their names in Kafka's documents. */
export type KafkaSettings = Readonly<Record<string, string | number | boolean>>

/**
 * Settings of a broker that is a controller too, alone when there is one voter. Everything listens on 127.0.0.1.
 *
 * @param input.port           where it listens for clients
 * @param input.advertisedPort what clients are told
 * @param input.controllerPort for controllers; may differ from start to start when it is alone
 * @param input.voters         every controller's `id@host:port`
 * @param input.logDir         folder of the records, seen from the broker's working folder
 * @param input.settings       win over ours
 */
export function toServerProperties(input: {
  readonly nodeId: number
  readonly port: number
  readonly advertisedPort: number
  readonly controllerPort: number
  readonly voters: readonly string[]
  readonly logDir: string
  readonly settings: KafkaSettings
}): string {
  const settings: KafkaSettings = {
    'process.roles': 'broker,controller',
    'node.id': input.nodeId,
    'controller.quorum.voters': input.voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${input.port},CONTROLLER://127.0.0.1:${input.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${input.advertisedPort}`,
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
    ...input.settings,
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
