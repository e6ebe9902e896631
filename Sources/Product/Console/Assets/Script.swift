// The console's one script: live rows by server-sent events, keys, bytes and fields that follow the keys. Every page reads without it.

/// The script, an ES module.
enum Script {
  static let text = #"""
    // Everything here only makes reading quicker: pages are made by the server and complete without it.
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const one = (selector, root = document) => root.querySelector(selector);
    const root = document.documentElement;
    root.classList.add("scripted");

    // Light or dark: kept in a cookie, so that the server writes it into the next page.
    one("[data-theme-switch]")?.addEventListener("click", () => {
      const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = isDark ? "light" : "dark";
      document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=strict`;
    });

    // Copying a command.
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      try { await navigator.clipboard.writeText(button.dataset.copy); say("Copied"); button.textContent = "Copied"; }
      catch { button.textContent = "Press Ctrl+C"; getSelection().selectAllChildren(button.previousElementSibling); }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });

    // One sentence for screen readers, at most every two seconds.
    let spoken = 0, waiting = "";
    function say(text) {
      waiting = text;
      const now = Date.now();
      if (now - spoken < 2000) { setTimeout(() => waiting && say(waiting), 2000 - (now - spoken)); return; }
      spoken = now; waiting = "";
      one("[data-announce]").textContent = text;
    }

    // Live.
    const pulse = one(".pulse");
    const feed = one("[data-feed]");
    const words = { on: "Recording", live: "Live", paused: "Paused", lost: "Connection lost" };
    let paused = false, held = new Map(), heldLost = 0, swapAt = 0, swapTimer = 0;
    function state(name) { pulse.dataset.state = name; one("[data-text]", pulse).textContent = words[name]; }

    function put(markup) {
      const template = document.createElement("template");
      template.innerHTML = `<table><tbody>${markup}</tbody></table>`;
      const row = one("tr", template.content);
      const body = one("tbody", feed);
      const ids = row.dataset.ids.split(" ");
      const old = all("tr[data-ids]", body).filter((r) => r.dataset.ids.split(" ").some((id) => ids.includes(id)));
      if (old.length && old[0].classList.contains("chosen")) row.classList.add("chosen");
      if (old.length) old[0].replaceWith(row); else { row.classList.add("fresh"); body.prepend(row); }
      old.slice(1).forEach((r) => r.remove());
      while (body.rows.length > Number(feed.dataset.limit)) body.lastElementChild.remove();
      one("[data-empty]")?.remove();
      narrow();
      return old.length === 0;
    }

    function show(rows) {
      const fresh = rows.map(put).filter(Boolean).length;
      if (fresh) say(`${fresh} new ${fresh === 1 ? "conversation" : "conversations"}`);
    }

    function tellHeld() {
      const note = one("[data-held]");
      if (!note) return;
      note.hidden = !paused || (held.size === 0 && heldLost === 0);
      note.textContent = `${held.size} changed while paused${heldLost ? `, ${heldLost} events skipped` : ""}. Press space to go on.`;
    }

    // Pages that are drawn as a whole are fetched again, at most once a second.
    async function swap() {
      swapAt = Date.now(); swapTimer = 0;
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (!answer.ok || paused) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of all("[data-swap]")) {
          const next = one(`[data-swap="${part.dataset.swap}"]`, page);
          if (!next || next.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
          const open = all("details", part).map((d) => d.open);
          const scrolls = all(".scroll,pre", part).map((s) => [s.scrollLeft, s.scrollTop]);
          part.replaceChildren(...next.childNodes);
          all("details", part).forEach((d, i) => { d.open = open[i] ?? d.open; });
          all(".scroll,pre", part).forEach((s, i) => { if (scrolls[i]) [s.scrollLeft, s.scrollTop] = scrolls[i]; });
        }
      } catch { /* The feed itself tells when the console is gone. */ }
    }

    function take(block) {
      for (const name of ["conversations", "recorded"]) all(`[data-counter=${name}]`).forEach((e) => { e.textContent = block[name]; });
      if (feed) {
        if (!paused) show(block.rows);
        else {
          for (const row of block.rows) held.set(row.match(/id="([^"]*)"/)[1], row);
          heldLost += block.lost;
          tellHeld();
        }
      }
      const part = one("[data-swap]");
      if (!part || paused || swapTimer) return;
      const ids = part.dataset.ids?.split(" ");
      if (ids && !block.ids.some((id) => ids.includes(String(id)))) return;
      swapTimer = setTimeout(swap, Math.max(50, 1000 - (Date.now() - swapAt)));
    }

    if (document.body.hasAttribute("data-live")) {
      const source = new EventSource("/events" + (feed?.dataset.feed ?? ""));
      source.onopen = () => state(paused ? "paused" : "live");
      source.onerror = () => state("lost");
      source.onmessage = (event) => take(JSON.parse(event.data));
      addEventListener("pagehide", () => source.close());
    }

    function pause() {
      paused = !paused;
      const button = one("[data-pause]");
      if (button) { button.setAttribute("aria-pressed", paused); one("[data-text]", button).textContent = paused ? "Go on" : "Pause"; }
      state(paused ? "paused" : "live");
      if (!paused) { show([...held.values()]); held.clear(); heldLost = 0; swap(); }
      tellHeld();
    }
    one("[data-pause]")?.addEventListener("click", pause);

    // The filter narrows what is there at once; sending the form asks the server.
    const filter = one("[data-filter]");
    function narrow() {
      const word = filter?.value.trim().toLowerCase() ?? "";
      for (const row of all("tbody tr", feed ?? undefined)) row.hidden = word !== "" && !row.textContent.toLowerCase().includes(word);
    }
    if (feed) { filter?.addEventListener("input", narrow); all(".filter select").forEach((s) => s.addEventListener("change", () => s.form.requestSubmit())); }

    // Bytes and fields: a piece of the message under the pointer lights its field up, wherever the style sheet has no rule for it.
    function light(number, isOn) {
      all(`#f${number}, .b${number}`).forEach((e) => e.classList.toggle("chosen", isOn));
    }
    for (const type of ["mouseover", "mouseout"]) {
      document.addEventListener(type, (event) => {
        const part = event.target.closest?.("[data-field]");
        if (part) light(part.dataset.field, type === "mouseover");
      });
    }

    // Keys.
    const keysOff = "netstead-keys-off";
    const keySwitch = one("[data-keys-switch]");
    if (keySwitch) {
      keySwitch.checked = !localStorage.getItem(keysOff);
      keySwitch.addEventListener("change", () => keySwitch.checked ? localStorage.removeItem(keysOff) : localStorage.setItem(keysOff, "1"));
    }
    const stops = () => {
      const fields = all(".fields tbody tr");
      if (fields.length) return fields;
      const arrows = all(".ladder a.arrow");
      return arrows.length ? arrows : all(".list tbody tr:not([hidden])");
    };
    let chosen = null;
    function move(step) {
      const items = stops();
      if (!items.length) return;
      const at = items.indexOf(chosen?.isConnected ? chosen : null);
      chosen?.classList.remove("chosen");
      if (chosen?.dataset.field) light(chosen.dataset.field, false);
      chosen = items[Math.max(0, Math.min(items.length - 1, at + step))];
      chosen.classList.add("chosen");
      if (chosen.dataset.field) light(chosen.dataset.field, true);
      chosen.scrollIntoView({ block: "nearest" });
      (chosen.matches("a") ? chosen : one("a", chosen))?.focus({ preventScroll: true });
    }
    function press(selector) {
      const target = one(selector);
      if (!target) return false;
      target.classList.add("flash");
      target.click();
      return true;
    }
    let going = false;
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(keysOff)) return;
      const isTyping = event.target.closest("input,select,textarea");
      if (isTyping) { if (event.key === "Escape") event.target.blur(); return; }
      if (going) {
        going = false;
        if (press(`[data-go="${CSS.escape(event.key)}"]`)) { event.preventDefault(); return; }
      }
      switch (event.key) {
        case "j": move(1); break;
        case "k": move(-1); break;
        case "g": going = true; setTimeout(() => { going = false; }, 1200); break;
        case "n": press("[data-next]"); break;
        case "p": press("[data-previous]"); break;
        case "Escape": press("[data-up]") || history.back(); break;
        case "/": if (!filter) { location.href = "/conversations"; break; } event.preventDefault(); filter.focus(); break;
        case "?": location.href = "/help"; break;
        case " ":
          if (!document.body.hasAttribute("data-live") || event.target.closest("button,a,summary,[tabindex='0']")) return;
          event.preventDefault(); one("[data-pause]")?.classList.add("flash"); pause(); break;
        case "Enter": if (chosen?.matches("tr") && document.activeElement === document.body) one(".what a, a", chosen)?.click(); break;
        default: return;
      }
    });
    document.addEventListener("animationend", (event) => event.target.classList.remove("flash", "fresh"));

    """#
}
