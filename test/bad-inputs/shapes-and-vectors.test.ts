import { describeBadInputs } from './bad-input.ts';

/** Decimal fractions that are exact in no float, as a vector of the most dimensions. */
const longVector = `[${Array.from({ length: 16_000 }, (_, index) => (index - 8000) / 7).join(',')}]`;
const SHAPES = [
  'POINT EMPTY',
  'GEOMETRYCOLLECTION EMPTY',
  'SRID=4326;POINT(13.4 52.5)',
  'SRID=2056;POINT ZM(2600000.1 1200000.2 0.1 -0)',
  'POINT Z(1 2 3)',
  'POINT M(1 2 3)',
  'POINT(NaN NaN)',
  'MULTIPOLYGON(((0 0,0 1,1 1,0 0)),EMPTY)',
  'CIRCULARSTRING(0 0,1 1,2 0)',
  'SRID=4326;TIN(((0 0 0,0 0 1,0 1 0,0 0 0)))',
];

describeBadInputs({
  extensions: ['postgis'],
  definitions: 'CREATE DOMAIN place AS geometry(Point, 4326)',
  cases: [
    {
      name: 'B40 PostGIS: empty shapes, systems of reference, third and fourth coordinates, NaN',
      columns: [
        { type: 'geometry', lake: 'string', values: [...SHAPES, null] },
        { type: 'geometry(PointZ, 4326)', lake: 'string', values: ['SRID=4326;POINT Z(0.1 0.2 0.3)'] },
        { type: 'place', lake: 'string', values: ['SRID=4326;POINT(0.1 0.2)', null] },
        { type: 'geography', lake: 'string', values: ['SRID=4326;POINT(-180 90)', 'POINT EMPTY'] },
        { type: 'geometry[]', lake: 'string', values: ['{"POINT EMPTY":NULL}'] },
        { type: 'box2d', lake: 'string', values: ['BOX(0 0,1 2)'] },
        { type: 'box3d', lake: 'string', values: ['BOX3D(0 0 0,1 2 3)'] },
      ],
    },
  ],
});

describeBadInputs({
  extensions: ['postgis', 'postgis_raster'],
  cases: [
    {
      name: 'B40 PostGIS: rasters',
      columns: [
        {
          type: 'raster',
          lake: 'string',
          values: ['8BUI', '64BF', null],
          cast: `CASE WHEN v IS NOT NULL THEN
            ST_AddBand(ST_MakeEmptyRaster(3, 2, 0.1, 0.2, 1, -1, 0, 0, 4326), v, 7, 'NaN') END`,
        },
      ],
    },
  ],
});

describeBadInputs({
  extensions: ['vector'],
  cases: [
    {
      name: 'B41 pgvector: the most dimensions, halves and sparse ones',
      columns: [
        { type: 'vector', lake: 'string', values: [longVector, '[1e-45,3.4028235e38,-0,0.1]', null] },
        { type: 'vector(3)', lake: 'string', values: ['[0.1,0.2,0.3]'] },
        { type: 'halfvec', lake: 'string', values: ['[0.1,65504,-0]'] },
        { type: 'sparsevec', lake: 'string', values: ['{1:0.1,1000000000:-2}/1000000000'] },
      ],
    },
  ],
});
