#!/bin/sh
# Makes static/vendor/nhsuk-frontend-<version>. Run by a developer when upgrading (needs npm);
# the output is committed, so that a fresh machine needs only pip. Run from the project's folder.
set -eu
version=${1:-10.6.1}
out=static/vendor/nhsuk-frontend-$version
tmp=$(mktemp -d)
(cd "$tmp" && npm init -y >/dev/null && npm install --no-audit --no-fund --silent "nhsuk-frontend@$version" rtlcss)
dist=$tmp/node_modules/nhsuk-frontend/dist/nhsuk
rm -rf "$out"; mkdir -p "$out/images"
# No third-party font (Frutiger needs an NHS licence; Arial is the documented fallback), image
# addresses that are relative, no source maps.
sed -E 's#@font-face\{[^}]*assets\.nhs\.uk[^}]*\}##g; s#url\(/assets/images/#url(images/#g; s#/\*. sourceMappingURL=[^*]*\*/##' \
  "$dist/nhsuk-frontend.min.css" > "$out/nhsuk-frontend.min.css"
# The same, mirrored for languages that are written from right to left.
"$tmp/node_modules/.bin/rtlcss" --silent "$out/nhsuk-frontend.min.css" "$out/nhsuk-frontend.rtl.min.css"
# One file that starts itself, also on what htmx puts into the page.
(sed -E "s|//. sourceMappingURL=.*||" "$dist/nhsuk-frontend.min.js"; echo; cat tools/nhsuk_init.mjs) > "$out/nhsuk-frontend.init.min.js"
for image in $(grep -oE 'images/[A-Za-z0-9._-]+' "$out/nhsuk-frontend.min.css" | sort -u); do
  cp "$dist/assets/$image" "$out/$image"
done
rmdir "$out/images" 2>/dev/null || true
cp "$tmp/node_modules/nhsuk-frontend/README.md" "$out/"  # says the licence: MIT
if grep -lE 'https?://assets' "$out"/*.css; then echo "a style sheet asks another host for files" >&2; exit 1; fi
(cd "$out" && find . -type f | sort | xargs sha256sum > /tmp/sums.$$ && mv /tmp/sums.$$ SHA256SUMS)
rm -rf "$tmp"
echo "made $out"
