import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** The page `/docs`: the reference of the API, in which each request can be tried. Swagger UI is bundled and not
 * loaded from a CDN: the reader may be signed in, and a script of another host could act in their name. */
SwaggerUI({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    request.headers["X-Cadenza-CSRF"] = "1";
    return request;
  },
});
