import { splitAddress } from './connection.ts';
import { startDevServer } from './dev-server.ts';
import { findServer, type ServerSearch } from './find-server.ts';

/** A Temporal server that answers. */
export type OpenServer = {
  readonly address: string;
  readonly namespace: string;
  /** Address of the web page, where it is known. */
  readonly uiUrl?: string;
  /** True where this process started it. */
  readonly startedHere: boolean;
  /** Stops a server that this process started; leaves any other alone. */
  stop(): Promise<void>;
};

/** Finds a server, or starts one. Error: `temporal-unreachable`. */
export async function openServer(
  options: ServerSearch & { readonly namespace: string },
): Promise<OpenServer> {
  const { namespace } = options;
  const found = await findServer(options);
  if (found.kind === 'running') {
    const uiUrl = found.uiUrl ?? (await guessUiUrl(found.address));
    return {
      address: found.address,
      namespace,
      ...(uiUrl === undefined ? {} : { uiUrl }),
      startedHere: false,
      stop: () => Promise.resolve(),
    };
  }
  const server = await startDevServer({ ...options, program: found.program });
  return {
    address: server.address,
    namespace,
    uiUrl: server.uiUrl,
    startedHere: true,
    stop: () => server.stop(),
  };
}

/** A local server shows its web page 1000 ports above, unless told otherwise. */
async function guessUiUrl(address: string): Promise<string | undefined> {
  const { host, port } = splitAddress(address);
  if (host !== '127.0.0.1' && host !== 'localhost') return undefined;
  const url = `http://${host}:${port + 1_000}`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return (await answer.text()).includes('Temporal') ? url : undefined;
  } catch {
    return undefined;
  }
}
