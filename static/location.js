// "Use my location": an extra. Without JavaScript, or without a location, the form works as it is.
const button = document.querySelector("[data-use-location]");
const says = document.querySelector("[data-location-says]");

if (button && says && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    says.textContent = "Finding where you are";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // Three decimals are about 100 metres: enough to rank places by.
        for (const [name, value] of [["lat", coords.latitude], ["lon", coords.longitude]]) {
          const field = document.createElement("input");
          field.type = "hidden";
          field.name = name;
          field.value = value.toFixed(3);
          button.form.append(field);
        }
        button.form.requestSubmit();
      },
      () => {
        says.textContent = "Your device did not say where you are. Type a postcode or town instead.";
      },
      { timeout: 10000, maximumAge: 300000 },
    );
  });
}
