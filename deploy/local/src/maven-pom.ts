import type { LockedArtifact } from './artifact-lock.ts'

/** The version that gets artifacts whose parent POM is nowhere to be had; newer ones fail on the registry. */
export const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:2.10'

/** A project that depends on exactly these artifacts: everything that they would bring along is excluded. */
export function toPom(artifacts: readonly LockedArtifact[]): string {
  const dependencies = artifacts.map(
    (one) => `    <dependency>
      <groupId>${one.group}</groupId><artifactId>${one.artifact}</artifactId><version>${one.version}</version>
      <type>${one.extension}</type>${one.classifier === undefined ? '' : `<classifier>${one.classifier}</classifier>`}
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>murmuration</groupId><artifactId>local-stack</artifactId><version>1</version>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}
