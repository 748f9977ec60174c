export { archiveNight } from './archive-night.ts';
