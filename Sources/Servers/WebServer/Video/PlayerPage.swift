// The page that plays the clip: Media Source Extensions and a hundred lines of JavaScript, no library. It shows what it decides.
// Not here: the manifests it reads (Video/Manifests.swift).

/// The player.
enum PlayerPage {
  static let html = #"""
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Adaptive video</title>
    <style>
    body { max-width: 54rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fdfbfa }
    h1 { color: #8a1538 } video { width: 480px; max-width: 100%; background: #222; image-rendering: pixelated }
    table { border-collapse: collapse; margin-top: 1rem } th, td { text-align: right; padding: .1rem .8rem .1rem 0; font-variant-numeric: tabular-nums }
    #bars { display: block; width: 480px; max-width: 100%; height: 90px; background: #f0ebe8 } .stall { color: #b00 } #facts b { font-weight: 600 }
    </style>
    <h1>Adaptive video</h1>
    <p>Every two seconds of this clip are a file of its own, in three qualities. The player below chooses the quality of each by what it measures.
    <p><video id="video" muted playsinline></video>
    <p><label>Rule <select id="rule">
    <option value="rate">rate: the best quality that the measured throughput carries</option>
    <option value="buffer">buffer: the more is buffered, the better the quality</option></select></label>
    <button id="again">Play again</button>
    <p id="facts" aria-live="polite">Waiting.</p>
    <svg id="bars" role="img" aria-label="Bit rate of each segment"></svg>
    <table><thead><tr><th>Segment<th>Quality<th>kbit/s<th>bytes<th>took ms<th>measured kbit/s<th>buffer s<th>stalls<th>served by</thead><tbody id="rows"></tbody></table>
    <p>The same files are a <a href="manifest.mpd">DASH manifest</a> and <a href="master.m3u8">HLS playlists</a>.
    <script src="player.js"></script>
    </html>

    """#

  static let script = #"""
    'use strict';
    // What is kept: one entry for each segment, and what happened to the viewer.
    const record = { rule: '', startup: null, stalls: 0, switches: 0, segments: [], state: 'loading' };
    // The whole record, for whoever watches the browser's log.
    const tell = () => console.info('record ' + JSON.stringify(record));
    const part = id => document.getElementById(id);
    const video = part('video');
    const aheadGoal = 10;      // seconds that are fetched ahead of what is shown
    const reservoir = 3;       // below so many seconds the buffer rule takes the lowest quality
    const safety = 0.8;        // the share of the measured throughput that the rate rule spends

    async function manifest() {
      const text = await (await fetch('manifest.mpd')).text();
      const root = new DOMParser().parseFromString(text, 'application/xml');
      const template = root.querySelector('SegmentTemplate');
      const total = Number(/^PT([0-9.]+)S$/.exec(root.documentElement.getAttribute('mediaPresentationDuration'))[1]);
      const length = template.getAttribute('duration') / template.getAttribute('timescale');
      const first = Number(template.getAttribute('startNumber'));
      const address = (pattern, rung, number) =>
        template.getAttribute(pattern).replace('$RepresentationID$', rung.id).replace('$Number$', number);
      const rungs = [...root.querySelectorAll('Representation')].map(element => ({
        id: element.id || element.getAttribute('id'), bandwidth: Number(element.getAttribute('bandwidth')), codecs: element.getAttribute('codecs'),
      })).sort((a, b) => a.bandwidth - b.bandwidth);
      return { rungs, first, count: Math.round(total / length), total, address };
    }

    const ahead = () => {
      for (let i = 0; i < video.buffered.length; i++)
        if (video.buffered.start(i) <= video.currentTime + 0.1 && video.currentTime <= video.buffered.end(i)) return video.buffered.end(i) - video.currentTime;
      return 0;
    };

    // Which quality comes next. Both rules are pure: what is known goes in, a place in `rungs` comes out.
    const rules = {
      rate(rungs, throughput) {
        let best = 0;
        rungs.forEach((rung, place) => { if (rung.bandwidth <= throughput * safety) best = place; });
        return best;
      },
      buffer(rungs, throughput, seconds) {
        const share = (seconds - reservoir) / (aheadGoal - 2 - reservoir);
        return Math.max(0, Math.min(rungs.length - 1, Math.floor(share * rungs.length)));
      },
    };

    const settled = buffer => new Promise((done, failed) => {
      buffer.addEventListener('updateend', done, { once: true });
      buffer.addEventListener('error', () => failed(new Error('the browser refuses a segment')), { once: true });
    });

    async function play() {
      const list = await manifest();
      const source = new MediaSource();
      const type = `video/mp4; codecs="${list.rungs[0].codecs}"`;
      if (!MediaSource.isTypeSupported(type)) throw new Error('this browser does not play ' + type);
      video.src = URL.createObjectURL(source);
      await new Promise(done => source.addEventListener('sourceopen', done, { once: true }));
      source.duration = list.total;
      const buffer = source.addSourceBuffer(type);
      const heads = new Map();
      let throughput = 0, current = -1;
      const began = performance.now();
      video.addEventListener('playing', () => { record.startup ??= Math.round(performance.now() - began); record.state = 'playing'; show(list); });
      video.addEventListener('waiting', () => { if (record.startup !== null && !video.ended && ahead() < 0.5) { record.stalls++; record.state = 'stalled'; show(list); } });
      video.addEventListener('ended', () => { record.state = 'ended'; show(list); });
      video.play().catch(() => {});
      for (let number = list.first; number < list.first + list.count; number++) {
        while (ahead() >= aheadGoal) await new Promise(done => setTimeout(done, 200));
        record.rule = part('rule').value;
        const buffered = ahead();
        const place = rules[record.rule](list.rungs, throughput, buffered);
        const rung = list.rungs[place];
        if (place !== current) {
          if (current >= 0) record.switches++;
          current = place;
          if (!heads.has(rung)) heads.set(rung, await (await fetch(list.address('initialization', rung))).arrayBuffer());
          buffer.appendBuffer(heads.get(rung));
          await settled(buffer);
        }
        const start = performance.now();
        const answer = await fetch(list.address('media', rung, number));
        if (!answer.ok) throw new Error(`segment ${number}: ${answer.status}`);
        const bytes = await answer.arrayBuffer();
        const took = performance.now() - start;
        const rate = bytes.byteLength * 8000 / Math.max(1, took);
        // The harmonic mean with the last measurement: bad news is believed at once, good news step by step.
        throughput = throughput === 0 ? rate : 2 * throughput * rate / (throughput + rate);
        buffer.appendBuffer(bytes);
        await settled(buffer);
        record.segments.push({
          number, quality: rung.id, bandwidth: rung.bandwidth, bytes: bytes.byteLength, took: Math.round(took), measured: Math.round(rate),
          buffer: Math.round(ahead() * 10) / 10, stalls: record.stalls, served: (answer.headers.get('Cache-Status') || '').split(',').pop().trim(),
        });
        show(list);
      }
      if (source.readyState === 'open') source.endOfStream();
    }

    function cell(row, text) { row.appendChild(document.createElement('td')).textContent = text; }

    function show(list) {
      const kilo = bits => Math.round(bits / 1000);
      part('facts').innerHTML = `<b>${record.state}</b>, began after ${record.startup ?? '…'} ms, <b>${record.switches}</b> switches, `
        + `<b>${record.stalls}</b> stalls, buffer ${ahead().toFixed(1)} s`;
      const last = part('rows').childElementCount;
      for (const entry of record.segments.slice(last)) {
        const row = part('rows').appendChild(document.createElement('tr'));
        for (const text of [entry.number, entry.quality, kilo(entry.bandwidth), entry.bytes, entry.took, kilo(entry.measured), entry.buffer, entry.stalls, entry.served])
          cell(row, text);
      }
      const top = list.rungs[list.rungs.length - 1].bandwidth, width = 480 / list.count;
      part('bars').setAttribute('viewBox', '0 0 480 90');
      part('bars').innerHTML = record.segments.map((entry, place) => {
        const height = Math.max(3, 84 * entry.bandwidth / top);
        return `<rect x="${place * width + 1}" y="${90 - height}" width="${width - 2}" height="${height}" fill="#8a1538"/>`;
      }).join('');
      tell();
    }

    const wish = new URLSearchParams(location.search).get('rule');
    if (wish in rules) part('rule').value = wish;
    part('again').addEventListener('click', () => location.assign('?rule=' + part('rule').value));
    play().catch(error => { record.state = 'failed: ' + error.message; part('facts').textContent = record.state; tell(); });

    """#
}
