import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Archiver,
  ArchiveTableInput,
  ArchiveTableOptions,
  DatedNightRequest,
  DrillRequest,
} from '../../src/archive/archiver.ts';
import type {
  ArchivedTable,
  DrillResult,
  NightPlan,
  NightResult,
  PlannedTable,
} from '../../src/archive/night.ts';
import { PermafrostError } from '../../src/errors.ts';

/** What a test changes about the archiver; everything else succeeds at once. */
export type FakeSteps = {
  readonly tables?: readonly string[];
  readonly missing?: readonly string[];
  /** Every export gets the id of the first one. */
  readonly sameSnapshotIds?: boolean;
  readonly openSnapshot?: (export_: number) => Promise<void>;
  readonly planNight?: (request: DatedNightRequest) => Promise<void>;
  readonly archiveTable?: (input: ArchiveTableInput, options: ArchiveTableOptions) => Promise<void>;
  readonly drillNight?: (request: DrillRequest) => Promise<DrillResult>;
  readonly sendReport?: (result: NightResult) => Promise<void>;
  readonly keepReport?: (result: NightResult) => Promise<void>;
};

/** The use cases without a database: the real activities drive it, and it writes down what happened. */
export class FakeArchiver implements Archiver {
  readonly events: string[] = [];
  readonly inputs: ArchiveTableInput[] = [];
  readonly reports: NightResult[] = [];
  readonly requests: DatedNightRequest[] = [];
  readonly drills: DrillRequest[] = [];
  openSnapshots = 0;
  mostAtOnce = 0;
  #exports = 0;
  #running = 0;
  #lose: (error: PermafrostError) => void = () => undefined;
  readonly #steps: FakeSteps;

  constructor(steps: FakeSteps = {}) {
    this.#steps = steps;
  }

  /** Waits until an event is written down. */
  async happened(event: string): Promise<void> {
    while (!this.events.includes(event)) await sleep(20);
  }

  /** The session that holds the snapshot dies. */
  loseSnapshot(): void {
    this.events.push('lost');
    this.#lose(new PermafrostError('snapshot-lost', 'the session is gone'));
  }

  async openSnapshot(): ReturnType<Archiver['openSnapshot']> {
    this.#exports += 1;
    await this.#steps.openSnapshot?.(this.#exports);
    const snapshotId = `0000000${this.#steps.sameSnapshotIds ? 1 : this.#exports}-1`;
    this.events.push(`open ${snapshotId}`);
    this.openSnapshots += 1;
    const lost = new Promise<never>((_, reject) => (this.#lose = reject));
    lost.catch(() => undefined);
    return {
      info: {
        snapshotId,
        fingerprint: `f${this.#exports}`,
        lsn: `0/${this.#exports}000`,
        exportedAt: '2024-11-20T01:15:00.000Z',
        database: 'shop',
      },
      lost,
      close: () => {
        this.openSnapshots -= 1;
        this.events.push(`close ${snapshotId}`);
        return Promise.resolve();
      },
    };
  }

  async planNight(request: DatedNightRequest): Promise<NightPlan> {
    this.requests.push(request);
    await this.#steps.planNight?.(request);
    const names = this.#steps.tables ?? ['orders', 'customers', 'lines'];
    return {
      night: request.night,
      set: request.set,
      source: 'shop at localhost:5432',
      lake: 'file:///lake',
      tables: names.map((name, index) => plannedTable(name, 1_000_000 - index)),
      excluded: [],
      missing: this.#steps.missing ?? [],
    };
  }

  async archiveTable(input: ArchiveTableInput, options: ArchiveTableOptions): Promise<ArchivedTable> {
    const { table } = input;
    this.inputs.push(input);
    this.events.push(`start ${table.name} ${input.consistencyGroup}`);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    try {
      await this.#steps.archiveTable?.(input, options);
    } finally {
      this.#running -= 1;
      this.events.push(`end ${table.name}`);
    }
    return archivedTable(table.name, input.consistencyGroup);
  }

  async drillNight(request: DrillRequest): Promise<DrillResult> {
    this.events.push('drill');
    this.drills.push(request);
    if (this.#steps.drillNight !== undefined) return this.#steps.drillNight(request);
    const evidence = 'file:///lake/drills/1.json';
    return { kind: 'passed', night: request.night ?? '', tables: [], evidence };
  }

  async sendReport(result: NightResult): ReturnType<Archiver['sendReport']> {
    this.events.push('report');
    await this.#steps.sendReport?.(result);
    this.reports.push(result);
    return { kind: 'sent', to: ['operator@example.org'], refused: [], messageId: '<1@example.org>' };
  }

  async keepReport(result: NightResult): ReturnType<Archiver['keepReport']> {
    this.events.push('keep report');
    await this.#steps.keepReport?.(result);
    return { kind: 'written', files: ['/mail/1.eml'] };
  }
}

/** Waits until the activity is told to stop, then stops with an error of its own, as a driver would. */
export async function untilStopped({ signal }: ArchiveTableOptions): Promise<void> {
  await sleep(60_000, undefined, { signal }).catch(() => undefined);
  throw new Error('connection terminated');
}

/** A table of the plan. */
export function plannedTable(name: string, estimatedBytes: number): PlannedTable {
  return {
    schema: 'public',
    name,
    oid: 16_384,
    lakeTable: `public_${name}`,
    estimatedRows: 10,
    estimatedBytes,
    specialValues: 'companion',
    boundsOff: [],
  };
}

function archivedTable(name: string, consistencyGroup: string): ArchivedTable {
  return {
    kind: 'archived',
    schema: 'public',
    name,
    lakeTable: `public_${name}`,
    rows: 10,
    bytes: 2_048,
    seconds: 0.1,
    snapshotId: '4611686018427387904',
    metadataVersion: 3,
    metadataLocation: `file:///lake/iceberg/public_${name}/metadata/v3.metadata.json`,
    operation: 'append',
    consistencyGroup,
    alreadyCommitted: false,
    specialValues: [],
    schemaChanges: [],
    unreadSequences: [],
  };
}
