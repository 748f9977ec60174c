import { html } from './escape.ts';

/** The one colour that says how the night went. */
export const stateColors = { archived: '#1a7f4b', failed: '#c0322b', empty: '#8a6100' } as const;

const font = 'font-family:-apple-system,BlinkMacSystemFont,Segoe UI,Helvetica,Arial,sans-serif';
const cell = 'padding:6px 10px;border-bottom:1px solid #e4e8ec;white-space:nowrap';
const head =
  'padding:6px 10px;border-bottom:2px solid #d3dae0;color:#5c6b79;font-size:12px;font-weight:600;white-space:nowrap';

/** Inline styles by what they are for. */
export const css = {
  page: `margin:0;padding:0;background:#f3f5f7;color:#1d2731;${font};font-size:14px;line-height:1.5`,
  sheet: `table-layout:fixed;background:#f3f5f7;color:#1d2731;${font};font-size:14px;line-height:1.5`,
  card: 'max-width:960px;table-layout:fixed;background:#ffffff;text-align:left',
  badge:
    'display:inline-block;margin:0 0 8px;padding:2px 9px;border-radius:3px;color:#ffffff;font-size:11px;font-weight:bold;letter-spacing:1px',
  title: 'margin:0 0 6px;font-size:22px;line-height:1.3;font-weight:600',
  section: 'margin:0 0 8px;font-size:15px;font-weight:600',
  muted: 'margin:0;color:#5c6b79;font-size:13px;overflow-wrap:anywhere',
  soft: 'color:#5c6b79',
  code: 'color:#5c6b79;font-size:12px',
  remark: 'color:#5c6b79;font-size:12px;font-weight:normal',
  tile: 'display:inline-block;vertical-align:top;margin:0 28px 8px 0',
  label: 'color:#5c6b79;font-size:12px;white-space:nowrap',
  total: 'font-size:17px;font-weight:600;white-space:nowrap',
  line: 'margin:0 0 2px;overflow-wrap:anywhere',
  bad: 'padding:10px 14px;border-left:4px solid #c0322b;background:#fdf1f0',
  warn: 'padding:10px 14px;border-left:4px solid #c58a00;background:#fff7e3;font-size:13px',
  grid: 'border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums',
  head,
  firstHead: `${head};padding-left:0`,
  cell,
  name: 'padding:6px 10px 6px 0;border-bottom:1px solid #e4e8ec;font-weight:600',
  mono: 'font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px',
  barCell: `${cell};padding-left:0;width:96px`,
  bar: 'height:8px;font-size:0;line-height:0;border-radius:2px',
  link: 'color:#1766a6',
} as const;

/** Dark mode and narrow screens. These outrank the inline styles, so each needs `!important`. */
export const adaptations = html`<style>
  @media (prefers-color-scheme: dark) {
    .page {
      background: #11161b !important;
      color: #e4e9ee !important;
    }
    .card {
      background: #1a2027 !important;
    }
    .muted {
      color: #9dabb8 !important;
    }
    .grid td,
    .grid th {
      border-color: #2e3842 !important;
    }
    .bad {
      background: #321c1c !important;
    }
    .badText {
      color: #ff8f87 !important;
    }
    .warn {
      background: #322813 !important;
    }
    .bar {
      background: #4a86b8 !important;
    }
    .link {
      color: #7fb8ea !important;
    }
  }
  @media (max-width: 640px) {
    .wide {
      display: none !important;
    }
    .section {
      padding-left: 14px !important;
      padding-right: 14px !important;
    }
    .grid td,
    .grid th {
      padding: 6px 3px !important;
      font-size: 11px !important;
    }
    .grid .name {
      overflow-wrap: anywhere !important;
    }
    .grid .id {
      white-space: normal !important;
      word-break: break-all !important;
      min-width: 56px !important;
    }
  }
</style>`;
