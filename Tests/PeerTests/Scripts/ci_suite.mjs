// A suite of tests as the owner of a service would write it, with nothing but what node brings along: pages by http, names by dns, mail by net.
// Where the servers are it learns from its environment. Usage: ci_suite.mjs service (it passes), ci_suite.mjs wrong (it fails).
import assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import http from "node:http";
import net from "node:net";
import test from "node:test";

const api = process.env.NETSTEAD_API;

/** One request; its status and body. */
function ask(url, { method = "GET", json } = {}) {
  return new Promise((resolve, reject) => {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const headers = body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const request = http.request(url, { method, headers, timeout: 2000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece)).on("end", () => resolve({ status: response.statusCode, text }));
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time"))).on("error", reject).end(body);
  });
}

/** An SMTP dialogue: each line is sent when the one before was answered. Gives the codes. */
function dialogue(place, lines) {
  const [host, port] = place.split(/:(?=\d+$)/);
  return new Promise((resolve, reject) => {
    const codes = [];
    let text = "";
    const socket = net.connect({ host, port: Number(port), family: 4 });
    socket.setTimeout(10000, () => socket.destroy(new Error("no answer in time")));
    socket.on("error", reject).on("close", () => resolve(codes)).on("data", (piece) => {
      text += piece;
      for (let end; (end = text.indexOf("\r\n")) >= 0; text = text.slice(end + 2)) {
        if (text[3] === "-") continue;
        codes.push(text.slice(0, 3));
        if (lines.length) socket.write(lines.shift() + "\r\n");
      }
    });
  });
}

if (process.argv[2] === "service") {
  test("a letter comes in", async () => {
    const codes = await dialogue(process.env.NETSTEAD_SMTP, [
      "EHLO shop.example", "MAIL FROM:<orders@shop.example>", "RCPT TO:<writer@garnet.test>", "DATA",
      "From: orders@shop.example\r\nTo: writer@garnet.test\r\nSubject: Your order 17\r\n\r\nIt is on its way.\r\n.", "QUIT",
    ]);
    assert.deepEqual(codes, ["220", "250", "250", "250", "354", "250", "221"]);
    const { messages } = JSON.parse((await ask(`${api}/messages?to=writer@garnet.test&subject=order%2017&wait=2s`)).text);
    assert.equal(messages.length, 1);
    assert.equal(messages[0].from, "orders@shop.example");
  });
  test("a name is found as it was published", async () => {
    const resolver = new Resolver();
    resolver.setServers([process.env.NETSTEAD_RESOLVER]);
    const made = await ask(`${api}/records`, { method: "POST", json: { name: "verify.garnet.test", type: "TXT", data: 'site "proof" 1' } });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(await resolver.resolveTxt("verify.garnet.test"), [['site "proof" 1']]);
  });
  test("a server that is gone is not waited for for ever", async () => {
    const page = process.env.NETSTEAD_HTTP + "/notes.txt";
    assert.equal((await ask(page)).status, 200);
    assert.equal((await ask(`${api}/faults`, { method: "POST", json: { host: "www.garnet.test", cut: true } })).status, 201);
    await assert.rejects(ask(page));
    assert.equal((await ask(`${api}/faults`, { method: "DELETE" })).status, 200);
    assert.equal((await ask(page)).status, 200);
  });
} else {
  test("a test that fails", async () => {
    assert.match((await ask(process.env.NETSTEAD_HTTP + "/")).text, /Emerald/);
  });
}
