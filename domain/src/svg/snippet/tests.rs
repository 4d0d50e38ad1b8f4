use super::{Flavor, snippet};
use crate::svg::render::Drawing;
use crate::svg::view_box::ViewBox;

fn check(name: &str, body: &str, flavor: Flavor, expected: &str) {
    let view_box = ViewBox {
        left: 0.0,
        top: 0.0,
        width: 24.0,
        height: 24.0,
    };
    let made = snippet(Drawing { name, view_box, body }, flavor);
    let seed = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(name.as_bytes()));
    assert_eq!(made.replace(&format!("i{}_", &seed[..12]), "ID"), expected);
}

const PATH: &str = r#"<path fill="none" stroke="currentColor" stroke-width="2" class="a" d="M0 0"/>"#;

/// Everything that templates read differently from XML.
const TRAPS: &str = concat!(
    r##"<!-- a --><style>.a > b{fill:url(#c)}</style><g id="c" style="mask-type: alpha;--x:1;-webkit-a-b:c" "##,
    r##"data-name="{a}" aria-label='"' xml:space="preserve"><use xlink:href="#c" mask-type="alpha"/>"##,
    r##"<text>{{ 1 &lt; 2 }}</text></g>"##
);

#[test]
fn writes_markup() {
    check(
        "mdi:home",
        PATH,
        Flavor::Svg,
        &format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="1em" height="1em" viewBox="0 0 24 24">{PATH}</svg>"#
        ),
    );
    check(
        "mdi:home",
        r##"<g id="a"/><use xlink:href="#a"/>"##,
        Flavor::Symbol,
        r##"<symbol xmlns:xlink="http://www.w3.org/1999/xlink" id="mdi-home" viewBox="0 0 24 24"><g id="ID0"/><use xlink:href="#ID0"/></symbol>"##,
    );
    check(
        "mdi:home",
        PATH,
        Flavor::IconifyIcon,
        r#"<iconify-icon icon="mdi:home"></iconify-icon>"#,
    );
    check("mdi:home", PATH, Flavor::Unocss, r#"<div class="i-mdi-home"></div>"#);
    check(
        "mdi-light:home",
        PATH,
        Flavor::Unocss,
        r#"<div class="i-mdi-light:home"></div>"#,
    );
    check(
        "mdi:light-home",
        PATH,
        Flavor::Unocss,
        r#"<div class="i-mdi:light-home"></div>"#,
    );
    check(
        "mdi:home",
        r#"<path fill="red"/>"#,
        Flavor::DataUri,
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1em' height='1em' viewBox='0 0 24 24'%3E%3Cpath fill='red'/%3E%3C/svg%3E",
    );
}

#[test]
fn writes_jsx() {
    check(
        "mdi:home",
        PATH,
        Flavor::Jsx,
        r#"export default function MdiHome(props) {
  return (
    <svg xmlns="http://www.w3.org/2000/svg" width="1em" height="1em" viewBox="0 0 24 24" {...props}><path fill="none" stroke="currentColor" strokeWidth="2" className="a" d="M0 0" /></svg>
  );
}
"#,
    );
    check(
        "3d:a",
        TRAPS,
        Flavor::Jsx,
        r##"export default function Icon3dA(props) {
  return (
    <svg xmlns="http://www.w3.org/2000/svg" xmlnsXlink="http://www.w3.org/1999/xlink" width="1em" height="1em" viewBox="0 0 24 24" {...props}><style>{".a > b{fill:url(#ID0)}"}</style><g id="ID0" style={{maskType: "alpha", "--x": "1", WebkitAB: "c"}} data-name="{a}" aria-label='"' xmlSpace="preserve"><use xlinkHref="#ID0" mask-type="alpha" /><text>{"{{ 1 < 2 }}"}</text></g></svg>
  );
}
"##,
    );
}

#[test]
fn writes_vue() {
    check(
        "mdi:home",
        TRAPS,
        Flavor::Vue,
        r##"<template>
  <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1em" height="1em" viewBox="0 0 24 24"><component :is="'style'">.a > b&#123;fill:url(#ID0)&#125;</component><g id="ID0" style="mask-type: alpha;--x:1;-webkit-a-b:c" data-name="{a}" aria-label='"' xml:space="preserve"><use xlink:href="#ID0" mask-type="alpha" /><text>&#123;&#123; 1 &lt; 2 &#125;&#125;</text></g></svg>
</template>

<script>
export default { name: "MdiHome" };
</script>
"##,
    );
}

#[test]
fn writes_svelte() {
    check(
        "mdi:home",
        TRAPS,
        Flavor::Svelte,
        r##"<!-- MdiHome.svelte -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1em" height="1em" viewBox="0 0 24 24" {...$$props}><style>.a > b{fill:url(#ID0)}</style><g id="ID0" style="mask-type: alpha;--x:1;-webkit-a-b:c" data-name="&#123;a&#125;" aria-label='"' xml:space="preserve"><use xlink:href="#ID0" mask-type="alpha" /><text>&#123;&#123; 1 &lt; 2 &#125;&#125;</text></g></svg>
"##,
    );
}

#[test]
fn writes_astro() {
    check(
        "mdi:home",
        TRAPS,
        Flavor::Astro,
        r##"---
// MdiHome.astro
---

<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1em" height="1em" viewBox="0 0 24 24" {...Astro.props}><style is:inline>.a > b{fill:url(#ID0)}</style><g id="ID0" style="mask-type: alpha;--x:1;-webkit-a-b:c" data-name="{a}" aria-label='"' xml:space="preserve"><use xlink:href="#ID0" mask-type="alpha" /><text>&#123;&#123; 1 &lt; 2 &#125;&#125;</text></g></svg>
"##,
    );
}
