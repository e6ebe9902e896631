// The console's style sheet. Colours are variables only, each with a light and a dark value; text has a contrast of at least 4.5:1, shapes 3:1.
// Not here: inline styles, which the content security policy forbids.

/// The style sheet.
enum Stylesheet {
  /// Bytes and fields light each other up without a script: a rule for each of the first fields of a message.
  static let fieldRules = (0..<96).map { number in
    "body:has(#f\(number):is(:hover,:target,:focus-within)) .b\(number),body:has(.b\(number):is(:hover,:focus-visible,:target)) #f\(number)>*{background:var(--mark);color:var(--mark-ink)}"
  }.joined(separator: "\n")

  static let text = #"""
    :root{color-scheme:light dark;
    --page:light-dark(#f4f6f8,#0b1017);--card:light-dark(#fff,#121924);--sunk:light-dark(#f3f5f8,#0d141d);--raised:light-dark(#edf1f5,#1b2532);
    --line:light-dark(#dfe5ec,#243040);--edge:light-dark(#7c8aa0,#5d6c82);--ink:light-dark(#131b26,#e4eaf2);--muted:light-dark(#53617a,#9ba9bd);
    --accent:light-dark(#0f766e,#2dd4bf);--accent-ink:light-dark(#fff,#042f2b);--accent-soft:light-dark(#d9f2ee,#0f3a38);
    --good:light-dark(#14713d,#5fd394);--warn:light-dark(#8a5300,#f2b84b);--bad:light-dark(#b3261e,#ff958c);
    --good-soft:light-dark(#e0f5e8,#11321f);--warn-soft:light-dark(#fdf0d3,#3a2c0c);--bad-soft:light-dark(#fde6e4,#42191a);
    --rail:light-dark(#0f1b2a,#0d131c);--rail-ink:#dbe4ee;--rail-muted:#9fb0c3;--rail-line:#25344a;
    --mark:light-dark(#fbd34d,#f5c542);--mark-ink:#1f1600;
    --dns:light-dark(#6d28d9,#bda4ff);--http:light-dark(#1d5bc4,#86b6ff);--uppercase:light-dark(#93500a,#f0b562);--ping:light-dark(#ad1a5c,#ff98c3);--ftp:light-dark(#0f6a6a,#5fd0cc);--other:light-dark(#475569,#b1bdcc);
    --dns-soft:light-dark(#efe8fd,#2a2149);--http-soft:light-dark(#e4edfc,#172b4b);--uppercase-soft:light-dark(#fbeedb,#3b2a10);--ping-soft:light-dark(#fce4ee,#451a30);--ftp-soft:light-dark(#dcf3f2,#12383a);--other-soft:light-dark(#e9edf2,#263142);
    --k0:light-dark(#dbe8fd,#1e3a60);--k1:light-dark(#fde3c8,#573817);--k2:light-dark(#d7f3de,#1b4730);--k3:light-dark(#ebdffe,#3d2c63);--k4:light-dark(#fedde7,#58263b);--k5:light-dark(#cff1f0,#164a4a);--k6:light-dark(#f5efbe,#4b4512);--k7:light-dark(#e1e6ee,#364253);
    --mono:ui-monospace,"Cascadia Mono","SF Mono","DejaVu Sans Mono",Menlo,Consolas,monospace}
    :root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}
    @media (prefers-contrast:more){:root{--muted:var(--ink);--line:var(--edge)}}
    *,*::before,*::after{box-sizing:border-box}
    html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;background:var(--page);color:var(--ink);scroll-padding-top:1.5rem}
    body{margin:0;display:grid;grid-template-columns:13.5rem minmax(0,1fr);min-height:100vh}
    h1,h2,p,dl,dd,ul,pre{margin:0}h1{font-size:1.55rem;line-height:1.25;letter-spacing:-.015em;font-weight:680;text-wrap:balance;overflow-wrap:anywhere}
    h2{font-size:.95rem;font-weight:650;letter-spacing:-.003em}
    a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:.06em}
    code,pre,kbd,.time,.offset{font-family:var(--mono);font-size:.87em}
    kbd{border:1px solid var(--edge);border-bottom-width:2px;border-radius:5px;padding:0 .4em;font-size:.78rem;background:var(--card)}
    :focus-visible{outline:2.5px solid var(--accent);outline-offset:2px;border-radius:4px}
    main:focus{outline:none}
    .small{font-size:.85rem}.muted{color:var(--muted)}.pad{padding:.5rem 1.1rem .8rem}
    .visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .skip{position:absolute;left:-99rem;top:.5rem;z-index:9;background:var(--card);padding:.6rem 1rem;border-radius:8px}.skip:focus{left:.5rem}
    html:not(.scripted) .script-only{display:none!important}
    .rail{background:var(--rail);color:var(--rail-ink);position:sticky;top:0;height:100vh;display:flex;flex-direction:column;padding:1.1rem .75rem;gap:1.2rem;overflow-y:auto}
    .rail a{color:inherit;text-decoration:none}.rail :focus-visible{outline-color:#5eead4}
    .brand{display:flex;gap:.7rem;align-items:center;padding:.1rem .45rem}.brand svg{width:2.1rem;flex:none}.brand strong{display:block;font-size:1.08rem;letter-spacing:-.01em}.brand small{color:var(--rail-muted);font-size:.78rem;line-height:1.2;display:block}
    .rail ul{list-style:none;padding:0;display:grid;gap:.12rem}
    .rail nav a{display:flex;gap:.7rem;align-items:center;padding:.48rem .65rem;border-radius:8px;color:var(--rail-muted);font-weight:520}
    .rail nav a:hover{background:#ffffff12;color:#fff}.rail nav a[aria-current]{background:#ffffff1c;color:#fff;box-shadow:inset 3px 0 0 #2dd4bf}
    .icon{width:1.2rem;height:1.2rem;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round;flex:none}
    .railfoot{margin-top:auto;display:grid;gap:.7rem;padding:.9rem .65rem 0;border-top:1px solid var(--rail-line);color:var(--rail-muted)}
    .rail button.quiet{color:var(--rail-ink);border-color:#5d7089;background:none;width:100%}.rail button.quiet:hover{background:#ffffff14}
    .pulse{display:flex;gap:.55rem;align-items:center;color:var(--rail-ink);font-weight:550;font-size:.9rem}
    .dot{width:.6rem;height:.6rem;border-radius:50%;background:#64748b}.pulse[data-state=on] .dot,.pulse[data-state=live] .dot{background:#34d399}.pulse[data-state=live] .dot{animation:beat 2.4s infinite}.pulse[data-state=paused] .dot{background:#fbbf24;border-radius:2px}
    @keyframes beat{0%{box-shadow:0 0 0 0 #34d39980}60%,100%{box-shadow:0 0 0 .5rem #34d39900}}
    main{padding:1.6rem 2rem 4rem;max-width:96rem;width:100%;min-width:0}
    .title{display:flex;flex-wrap:wrap;gap:.8rem 2rem;justify-content:space-between;align-items:end;margin-bottom:1.1rem}.title>div:first-child{min-width:0;max-width:100%}
    .lead{color:var(--muted);margin-top:.3rem}.lead .host{font-weight:550}
    .crumbs{font-size:.87rem;color:var(--muted);margin-bottom:.5rem}
    .tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
    button,.button,select,input[type=search],input[type=text]{font:inherit;font-size:.9rem;min-height:2.15rem;border-radius:8px;border:1px solid var(--edge);padding:.3rem .8rem;background:var(--card);color:var(--ink)}
    button,.button{display:inline-flex;gap:.5rem;align-items:center;cursor:pointer;text-decoration:none;font-weight:560;background:var(--accent);border-color:var(--accent);color:var(--accent-ink)}
    button:hover,.button:hover{filter:brightness(1.08)}
    .quiet,.tools button{background:var(--card);border-color:var(--edge);color:var(--ink)}.quiet:hover,.tools button:hover{background:var(--raised);filter:none}
    .button[aria-current]{background:var(--accent-soft);border-color:var(--accent);color:var(--ink);box-shadow:inset 0 0 0 1px var(--accent)}
    button[aria-pressed=true]{background:var(--warn-soft);border-color:var(--warn)}
    .flash{animation:flash .35s}@keyframes flash{from{box-shadow:0 0 0 4px var(--mark)}}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.9rem;margin-bottom:1.1rem}
    .tile,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:0 1px 2px light-dark(#1018280a,#0000)}
    .tile{padding:.8rem 1.1rem}.tile dt{color:var(--muted);font-size:.85rem}.tile dd:nth-of-type(1){font-size:1.6rem;font-weight:660;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
    .card{padding:1rem 1.1rem;margin-bottom:1.1rem;min-width:0}.card>h2,.cardhead{margin-bottom:.7rem}.cardhead{display:flex;justify-content:space-between;gap:.3rem 1rem;flex-wrap:wrap;align-items:baseline}
    .flush{padding:0;overflow:hidden}.flush>h2{padding:.9rem 1.1rem .2rem}
    .columns{display:grid;grid-template-columns:minmax(0,1fr) 20rem;gap:0 1.1rem;align-items:start}
    .hints{list-style:none;padding:0;display:grid;gap:.85rem}.hints li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.25rem .5rem;align-items:center}.hints .meaning{grid-column:1/-1;color:var(--muted);font-size:.88rem;line-height:1.4}
    .command{background:var(--sunk);border:1px solid var(--line);border-radius:7px;padding:.35rem .6rem;overflow-wrap:anywhere;font-size:.82rem}.command::before{content:"$ ";color:var(--muted)}.copy{min-height:1.7rem;padding:.1rem .55rem;font-size:.8rem}
    .scroll{overflow-x:auto}.empty{color:var(--muted);padding:1.2rem 1.1rem}
    table{border-collapse:collapse;width:100%}th{text-align:start}
    .list th,.list td{padding:.5rem .55rem;border-bottom:1px solid var(--line);vertical-align:top}.list tbody tr:last-child>*{border-bottom:0}
    .list th:first-child,.list td:first-child{padding-inline-start:1.1rem}.list th:last-child,.list td:last-child{padding-inline-end:1.1rem}
    .card:not(.flush) .list th:first-child,.card:not(.flush) .list td:first-child{padding-inline-start:.2rem}
    .list thead th{font-size:.8rem;font-weight:600;color:var(--muted);white-space:nowrap;background:var(--sunk)}.card:not(.flush) .list thead th{background:none}
    .list tbody th{font-weight:600;white-space:nowrap}.list tbody tr:hover{background:var(--sunk)}.list tbody tr.chosen{background:var(--accent-soft);box-shadow:inset 3px 0 0 var(--accent)}
    .list tbody tr.fresh{animation:fresh 1.6s}@keyframes fresh{from{background:var(--accent-soft)}}
    .num{text-align:end!important;font-variant-numeric:tabular-nums;white-space:nowrap}.time{white-space:nowrap;color:var(--muted)}
    .list tbody th a{white-space:nowrap}.list td .host{display:inline-block;min-width:6.5rem;overflow-wrap:anywhere}.list .host,.list tbody th a{color:var(--ink);text-decoration-color:var(--line)}.list a:hover{text-decoration-color:currentColor!important}
    .what{min-width:12rem;width:45%;overflow-wrap:anywhere}.what a{font-weight:560;color:var(--ink);text-decoration-color:var(--line)}.what a:hover{color:var(--accent)}
    .reply{display:block;color:var(--muted);font-size:.88rem}.reply::before{content:"↳ "}.wrong{color:var(--bad)}
    .stack>*{display:block;white-space:nowrap}tr.remark td{color:var(--muted);font-style:italic}
    .chip,.state{display:inline-flex;gap:.3rem;align-items:center;border-radius:6px;padding:.05rem .5rem;font-size:.8rem;font-weight:640;white-space:nowrap;background:var(--other-soft);color:var(--other)}
    .proto-dns{--proto:var(--dns);--soft:var(--dns-soft)}.proto-http{--proto:var(--http);--soft:var(--http-soft)}.proto-uppercase{--proto:var(--uppercase);--soft:var(--uppercase-soft)}.proto-ping{--proto:var(--ping);--soft:var(--ping-soft)}.proto-ftp,.proto-ftpdata{--proto:var(--ftp);--soft:var(--ftp-soft)}
    .chip[class*=proto]{background:var(--soft,var(--other-soft));color:var(--proto,var(--other))}
    .inlock{width:.75rem;height:.85rem;fill:none;stroke:currentColor;stroke-width:1.6}
    .state{background:none;padding-inline:0;font-weight:560}.state::before{content:"";width:.55rem;height:.55rem;border-radius:50%;border:2px solid currentColor}
    .state.open{color:var(--good)}.state.open::before{background:currentColor}.state.closed,.state.quiet{color:var(--muted)}.state.problem{color:var(--bad)}.state.problem::before{border-radius:0;transform:rotate(45deg);background:currentColor}.state.lost{color:var(--warn)}.state.lost::before{border-radius:0}
    .filter{display:flex;flex-wrap:wrap;gap:.6rem .9rem;align-items:end;margin-bottom:.9rem}.filter label{display:grid;font-size:.82rem;color:var(--muted);gap:.15rem}.filter input{min-width:17rem}
    .answers ol{display:grid;gap:.9rem;padding-inline-start:1.5rem;margin-bottom:1rem}.answers label{display:grid;gap:.25rem;font-weight:550;max-width:44rem}.answers input,.answers select{max-width:30rem}
    .held{background:var(--warn-soft);border:1px solid var(--warn);border-radius:8px;padding:.4rem .9rem;margin-bottom:.9rem}.pager{text-align:center}
    .facts{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin-bottom:1.1rem}.facts dt{font-size:.82rem;color:var(--muted)}.facts dd{font-weight:550;overflow-wrap:anywhere}
    .banner{border:1px solid var(--line);background:var(--raised);border-radius:8px;padding:.55rem .9rem;margin-bottom:1rem}.banner.problem{background:var(--bad-soft);border-color:var(--bad)}
    .takes{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 1.1rem;align-items:stretch}.take{display:flex;flex-direction:column}.take p:last-child{margin-top:auto;padding-top:.9rem}
    .keys{max-width:38rem}
    svg.map{width:100%;min-width:760px;height:auto;display:block;font-size:13px}
    .map .band{fill:var(--sunk);stroke:var(--line)}.map .net{font-weight:660;font-size:14.5px;fill:var(--ink)}.map .prefix,.map .attachment,.map .address{fill:var(--muted);font-size:11.5px}.map .prefix{font-family:var(--mono);font-size:10.5px}
    .map .bus{fill:none;stroke:var(--edge);stroke-width:1.5;opacity:.65}
    .map .flow{fill:none;stroke:var(--proto,var(--other));stroke-width:2;opacity:.55}.map .flow:hover{opacity:1;stroke-width:4}
    .map .link path{fill:none;stroke:var(--bad);stroke-width:2;stroke-dasharray:6 5}.map .link rect{fill:var(--bad-soft);stroke:var(--bad)}.map .link text{fill:var(--ink);font-size:12px}
    .map .box rect{fill:var(--card);stroke:var(--edge)}.map .box:hover rect,.map .box:focus-visible rect{stroke:var(--accent);stroke-width:2.5}.map .box{text-decoration:none;outline-offset:0}
    .map .box.talking rect{stroke-width:1.8;stroke:var(--accent)}.map .box .name{fill:var(--ink);font-weight:600;font-size:12px}.map .role{fill:var(--other)}.map .role-client .role{fill:var(--ping)}.map .role-resolver .role{fill:var(--dns)}.map .role-server .role{fill:var(--accent)}
    h3{font-size:.9rem;font-weight:620;margin:1rem 0 .4rem}figure{margin:0;overflow-x:auto}figure svg{display:block;width:100%;max-width:46rem;height:auto}.settings input,.settings select{min-width:0!important;width:9.5rem}.command.whole{display:block}
    svg.pieces{width:100%;min-width:34rem;height:auto;display:block;font-size:13px;margin-bottom:.6rem}.pieces text,.circle text{fill:var(--ink)}.pieces .scale{fill:var(--muted);font-size:11.5px}.pieces .all{fill:var(--sunk);stroke:var(--edge)}.pieces .had{fill:var(--accent)}
    svg.circle{display:block;width:100%;max-width:20rem;margin-inline:auto;font-size:11.5px}.circle .ring{fill:none;stroke:var(--edge);stroke-dasharray:3 4}.circle .node{fill:var(--accent)}.circle .knows{stroke:var(--edge);opacity:.45}.circle .gives{fill:none;stroke:var(--accent);stroke-width:2}.circle marker path{fill:var(--accent)}.whom{min-width:14rem}.bucket{display:inline-block;margin-inline-end:.7rem}.bucket b{font-variant-numeric:tabular-nums;color:var(--muted)}
    svg.ladder{display:block;max-width:none;height:auto;margin-inline:auto}
    .ladder text{fill:var(--ink)}.ladder .time,.ladder .address{fill:var(--muted)}.ladder .time{font-size:11.5px}.ladder .lane{stroke:var(--edge)}.ladder .head{fill:var(--sunk);stroke:var(--edge)}
    .ladder .arrow{text-decoration:none}.ladder .arrow line{stroke:var(--proto,var(--other))}.ladder .label{paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round;font-weight:530}
    .ladder .arrow:hover .reach,.ladder .arrow:focus-visible .reach,.ladder .arrow.chosen .reach{fill:var(--accent-soft)}.ladder .arrow:hover .label,.ladder .arrow.chosen .label{stroke:var(--accent-soft)}.ladder .arrow:focus-visible{outline:none}.ladder .arrow:focus-visible .reach{stroke:var(--accent);stroke-width:2}
    .ladder .arrow:hover line{stroke-width:2.75}.ladder .lost line{stroke:var(--bad)}.ladder .cross{stroke:var(--bad)}.ladder .lost .label,.ladder .wrong .label{fill:var(--bad)}.ladder .lock{stroke:var(--muted)}
    .ladder .remark rect{fill:var(--raised);stroke:var(--line)}.ladder .remark text{fill:var(--muted)}.ladder .remark.problem rect{fill:var(--bad-soft);stroke:var(--bad)}.ladder .remark.problem text{fill:var(--ink)}
    .equivalent{margin-top:.8rem}summary{cursor:pointer;color:var(--accent);padding:.25rem 0;font-size:.9rem;width:fit-content}.bytes summary{padding:.6rem 1.1rem}
    .transcript{background:var(--sunk);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;overflow:auto;max-height:36rem;line-height:1.55;font-size:.84rem}
    .line{display:block;white-space:pre-wrap;overflow-wrap:anywhere;padding-inline-start:7.2rem;text-indent:-7.2rem}.line b{font-weight:700;display:inline-block;min-width:1.3rem;text-indent:0}.when{color:var(--muted);display:inline-block;min-width:4.6rem;text-indent:0}
    .line.out b{color:var(--accent)}.line.in b{color:var(--http)}.line.note{color:var(--muted)}.line.problem{color:var(--bad)}.line.explanation{color:var(--muted);font-family:system-ui,sans-serif}
    .message{display:grid;grid-template-columns:minmax(0,40rem) minmax(24rem,1fr);gap:0 1.1rem;align-items:start}
    .bytes{position:sticky;top:1rem}.hex,.bytes .text{padding:.5rem 1.1rem 1rem;overflow:auto;max-height:calc(100vh - 7rem);font-size:.84rem;line-height:1.75}
    .bytes .text{white-space:pre-wrap;overflow-wrap:anywhere}.offset{color:var(--muted)}.end{color:var(--muted);font-size:.7em;border:1px solid var(--line);border-radius:3px;padding:0 .2em;margin-inline-start:.15em;user-select:none}
    .bytes a{color:var(--ink);text-decoration:none;border-radius:3px;padding:.12rem 0;scroll-margin:6rem}.hex a{padding-inline:.1rem;margin-inline:-.1rem}
    .k0{background:var(--k0)}.k1{background:var(--k1)}.k2{background:var(--k2)}.k3{background:var(--k3)}.k4{background:var(--k4)}.k5{background:var(--k5)}.k6{background:var(--k6)}.k7{background:var(--k7)}
    .bytes a:is(:hover,:target,:focus-visible,.chosen){background:var(--mark);color:var(--mark-ink)}
    .fields th,.fields td{padding:.5rem .8rem;border-top:1px solid var(--line);vertical-align:top}.fields thead th{font-size:.8rem;color:var(--muted);border-top:0;font-weight:600}
    .fields th:first-child{padding-inline-start:1.1rem;width:11.5rem}.fields tbody th{font-weight:600;overflow-wrap:anywhere}.fields th a{color:inherit;text-decoration-color:var(--edge)}.fields td{overflow-wrap:anywhere}.fields tr{scroll-margin:6rem}
    .fields tr.depth1 th{padding-inline-start:2.1rem}.fields tr.depth2 th{padding-inline-start:3.1rem}.fields tr.depth3 th{padding-inline-start:4.1rem}.fields tr.depth4 th{padding-inline-start:5rem}
    .fields .depth1 th,.fields .depth2 th,.fields .depth3 th,.fields .depth4 th{font-weight:530}
    .fields tbody tr:is(:target,.chosen)>*{background:var(--mark);color:var(--mark-ink)}.fields p{color:var(--muted);font-size:.88rem;line-height:1.45}.fields tbody tr:is(:target,.chosen,:hover,:focus-within) :is(p,cite a){color:inherit}
    body:has(.bytes a:hover) .fields tr>* p{color:inherit}.fields tbody tr:hover>*{background:var(--mark);color:var(--mark-ink)}
    .value{font-size:.92em;font-weight:600;overflow-wrap:anywhere}.swatch{display:inline-block;width:.75rem;height:.75rem;border-radius:3px;border:1px solid var(--edge);margin-inline-end:.5rem;vertical-align:-.06rem}
    cite{font-style:normal;font-size:.82rem;white-space:nowrap}
    @media (max-width:75rem){.message{grid-template-columns:minmax(0,1fr)}.bytes{position:static}}
    @media (max-width:88rem){.columns{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:52rem){body{display:block}.list tbody th{white-space:normal}.rail{position:static;height:auto;flex-direction:row;flex-wrap:wrap;align-items:center;gap:.4rem 1rem;padding:.6rem 1rem}.rail ul{display:flex;flex-wrap:wrap}.railfoot{display:none}.brand small{display:none}.rail nav a{padding:.4rem .55rem}.rail nav .icon{display:none}main{padding:1rem 1rem 3rem}.filter input{min-width:0;width:100%}}
    @media (prefers-reduced-motion:reduce){*,*::before,*::after{animation:none!important;transition:none!important;scroll-behavior:auto!important}}
    @media print{body{display:block}.rail,.tools,.filter,.skip{display:none}}

    """#
}
