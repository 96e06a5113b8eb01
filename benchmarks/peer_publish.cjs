// Publishes slots as UNIVAF's server does: the same work and the same lines, in other words.
//
// One row a place, its slots a JSON array in it (/places), all read, parsed, written as one text and
// sent, packed where the caller takes gzip. /rows is what nobody there does: a cursor over our own
// rows, a line for each, streamed. `node benchmarks/peer_publish.cjs PORT DATABASE_URL` in a folder
// that has express, compression, pg and pg-query-stream (docs/peers.md).

const { createRequire } = require("node:module");
const { Transform, pipeline } = require("node:stream");

const fromHere = createRequire(`${process.cwd()}/`);
const express = fromHere("express");
const compression = fromHere("compression");
const { Pool } = fromHere("pg");
const QueryStream = fromHere("pg-query-stream");

const [port, connectionString] = process.argv.slice(2);
const SMART = "http://fhir-registry.smarthealthit.org/StructureDefinition";
const SYNCED = "http://hl7.org/fhir/StructureDefinition/lastSourceSync";
const NDJSON = "application/fhir+ndjson";
const PLACES = `
  SELECT p.*, row_to_json(a.*) AS availability FROM peer.place p
  LEFT JOIN peer.availability a ON a.place_id = p.id AND a.valid_at = (
    SELECT max(valid_at) FROM peer.availability b WHERE b.place_id = p.id AND b.is_public)
  WHERE p.is_public AND p.state = $1 ORDER BY p.updated_at DESC`;
const ROWS = `
  SELECT s.schedule_id::text AS place, s.start, s."end", s.free_at IS NOT NULL AS free,
    p.booking_phone, p.booking_url, p.updated_at
  FROM booking_slot s JOIN peer.place p ON p.id = s.schedule_id::text ORDER BY s.start, s.id`;
const pool = new Pool({ connectionString, application_name: "peer", max: 1, idleTimeoutMillis: 0 });

function line(place, slot, phone, url, synced) {
  const extension = [];
  if (slot.count != null) extension.push({ url: `${SMART}/slot-capacity`, valueInteger: slot.count });
  if (phone) extension.push({ url: `${SMART}/booking-phone`, valueString: phone });
  if (url) extension.push({ url: `${SMART}/booking-deep-link`, valueUrl: url });
  return JSON.stringify({
    resourceType: "Slot",
    id: `${place}-${slot.start.replace(/[^a-z0-9.-]/gi, "")}`,
    schedule: { reference: `Schedule/${place}` },
    status: slot.available === "YES" ? "free" : "busy",
    start: slot.start,
    end: slot.end,
    extension,
    meta: { extension: [{ url: SYNCED, valueDateTime: synced }] },
  });
}

const app = express();
app.use(compression());

app.get("/places", async (request, response, next) => {
  try {
    const found = await pool.query(PLACES, ["all"]);
    const lines = found.rows.flatMap((place) => {
      const { slots, valid_at: validAt } = place.availability;
      const synced = new Date(validAt);
      return slots.map((slot) =>
        line(place.id, slot, place.booking_phone, place.booking_url, synced.toISOString()),
      );
    });
    response.header("Content-Type", NDJSON).send(lines.join("\n"));
  } catch (error) {
    next(error);
  }
});

app.get("/rows", async (request, response, next) => {
  const client = await pool.connect();
  response.header("Content-Type", NDJSON);
  const written = new Transform({
    writableObjectMode: true,
    transform(row, _, done) {
      const slot = {
        start: row.start.toISOString(),
        end: row.end.toISOString(),
        available: row.free ? "YES" : "NO",
      };
      const synced = row.updated_at.toISOString();
      done(null, `${line(row.place, slot, row.booking_phone, row.booking_url, synced)}\n`);
    },
  });
  const rows = client.query(new QueryStream(ROWS, [], { batchSize: 1000 }));
  pipeline(rows, written, response, (error) => {
    client.release();
    if (error) next(error);
  });
});

app.listen(Number(port), "127.0.0.1");
