/* report_style.h -- the style sheet of reports, for report.c and the test of its contrasts alone.
 * Colours pass WCAG AA (4.5) on both grounds.  Figures are drawn for white paper; on a dark ground they are inverted
 * with the hue kept, so that a black curve turns white and a blue one stays blue; maps of
 * colours stay as they are, for there a bright place means much. */
#ifndef BASE_SHOW_REPORT_STYLE_H
#define BASE_SHOW_REPORT_STYLE_H

#define REPORT_LIGHT                                                                                                  \
    "--ink:#1a1a1a;--ground:#ffffff;--soft:#f2f4f7;--line:#c5ccd3;--quiet:#4c5560;--link:#00518f;"                    \
    "--warn:#703800;--warn-ground:#fff3df;--bad:#a30d0d"
#define REPORT_DARK                                                                                                   \
    "--ink:#e9e9e9;--ground:#15181b;--soft:#20252a;--line:#48515a;--quiet:#aeb8c2;--link:#8cc8ff;"                    \
    "--warn:#ffd08a;--warn-ground:#352609;--bad:#ff9c94"

#define REPORT_STYLE                                                                                                  \
    ":root{color-scheme:light dark;" REPORT_LIGHT "}\n"                                                               \
    "@media screen and (prefers-color-scheme:dark){:root{" REPORT_DARK "}\n"                                          \
    "figure:not(.map) svg{filter:invert(.92) hue-rotate(180deg)}}\n" \
    "*{box-sizing:border-box}\n"                                                                                      \
    "body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,\"Segoe UI\",Roboto,"           \
    "\"Helvetica Neue\",Arial,sans-serif;overflow-wrap:break-word}\n"                                                 \
    "header,main,nav,footer{max-width:60rem;margin:0 auto;padding:0 1.2rem}\n"                                        \
    "h1{font-size:1.9rem;line-height:1.2;margin:1.8rem 0 .3rem}\n"                                                    \
    "h2{font-size:1.4rem;line-height:1.3;margin:2.8rem 0 .7rem;border-bottom:2px solid var(--line);"                  \
    "padding-bottom:.25rem}\n"                                                                                        \
    "h3{font-size:1.1rem;margin:1.8rem 0 .4rem}\n"                                                                    \
    "p,li{max-width:48rem}\n"                                                                                         \
    ".subtitle,footer{color:var(--quiet)}.subtitle{margin:0 0 1rem}\n"                                                \
    "footer{border-top:1px solid var(--line);margin-top:3rem;padding-top:.6rem;padding-bottom:2rem;font-size:.9rem}\n" \
    "nav{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;max-width:57.6rem;"                  \
    "padding:.7rem 1.2rem}\n"                                                                                         \
    "nav h2{font-size:1rem;margin:0;border:0;padding:0}nav ol{margin:.3rem 0;padding-left:1.4rem}\n"                  \
    "a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"                          \
    "main:focus{outline:0}\n"                                                                                         \
    ".skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;z-index:1;background:var(--ground);"         \
    "padding:.5rem}\n"                                                                                                \
    ".warning{border-left:.4rem solid var(--warn);background:var(--warn-ground);color:var(--warn);"                   \
    "padding:.6rem 1rem;font-weight:600}\n"                                                                           \
    ".scroll{overflow-x:auto;margin:1.1rem 0}\n"                                                                      \
    "table{border-collapse:collapse;min-width:min(100%,36rem);font-size:.94rem;line-height:1.4;" \
    "font-variant-numeric:tabular-nums}\n" \
    "caption{text-align:left;font-weight:600;padding:.3rem 0;line-height:1.4}\n"                                      \
    "th,td{border-bottom:1px solid var(--line);padding:.32rem .8rem .32rem .5rem;text-align:left;"                    \
    "vertical-align:top}\n"                                                                                           \
    "thead th{background:var(--soft);border-top:1px solid var(--line);border-bottom:2px solid var(--line);"           \
    "vertical-align:bottom}tbody th{font-weight:500}\n"                                                               \
    "tbody th{min-width:7rem}caption+tbody th{min-width:11rem}\n" \
    "caption+tbody tr:first-child>*{border-top:1px solid var(--line)}\n" \
    "td.n,th.n{text-align:right}td.n{white-space:nowrap}td.w{overflow-wrap:anywhere}" \
    "td.no{color:var(--bad);font-weight:700;white-space:nowrap}\n" \
    "figure{margin:1.6rem 0}figure svg{display:block;width:100%;max-width:48rem;height:auto;background:#fff;"         \
    "border:1px solid var(--line)}\n"                                                                                 \
    "figcaption{color:var(--quiet);font-size:.95rem;max-width:48rem;margin-top:.4rem}\n"                              \
    "pre{background:var(--soft);border:1px solid var(--line);padding:.7rem 1rem;font-size:.88rem;"                    \
    "white-space:pre-wrap;overflow-wrap:anywhere}\n"                                                                  \
    "@page{margin:16mm 14mm}\n"                                                                                       \
    "@media print{:root{color-scheme:light;--ink:#000;--ground:#fff;--soft:#fff;--quiet:#333;--warn:#000;"            \
    "--warn-ground:#fff;--link:#000;--bad:#000}\n"                                                                    \
    ".skip{display:none}body{font-size:10pt}header,main,nav,footer{max-width:none;padding-left:0;padding-right:0}\n"  \
    "nav{padding:.5rem .8rem}a{text-decoration:none}h1{font-size:18pt;margin-top:0}h2{font-size:13pt}\n"              \
    "h2,h3,caption,thead{break-after:avoid}figure,tr,caption,.short,.warning,pre{break-inside:avoid}\n"                              \
    "thead{display:table-header-group}.scroll{overflow:visible}figure svg{max-width:13.5cm}\n" \
    "table{font-size:8pt;min-width:11cm;max-width:100%}th,td{padding:.12rem .4rem}}\n"
#endif
