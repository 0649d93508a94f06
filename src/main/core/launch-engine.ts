/** The program that runs an engine: a Node binary and the bundle it is given. */
export interface EngineCommand {
  node: string;
  script: string;
}
