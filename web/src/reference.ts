import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** `/docs`: the API's own description, in which each request can be tried. From here, and not from a CDN: whoever reads it
 * may be signed in, and a script of another host would act for them. */
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
